"use strict";
const PAUSE = 500; // milliseconds between an answer and the next question
const PATIENCE = 60000; // milliseconds: a page of very many trials takes seconds to make

const trouble = document.querySelector(".trouble");
let seen = new Date();

const rest = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

function say(sentence) {
  if (trouble.textContent !== sentence) trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

// Changes only what is different, so that selections, scrolled tables and zoomed figures stay as they are.
function merge(here, fresh) {
  if (here.isEqualNode(fresh)) return;
  if (here.nodeType === Node.TEXT_NODE) {
    here.data = fresh.data;
  } else if (isFigure(here)) {
    mergeFigure(here, fresh);
  } else {
    for (const { name, value } of fresh.attributes) here.setAttribute(name, value);
    mergeChildren(here, fresh);
  }
}

function mergeChildren(here, fresh) {
  const left = [...here.childNodes];
  [...fresh.childNodes].forEach((child, index) => {
    const found = left.findIndex((old) => alike(old, child));
    const node = found < 0 ? document.importNode(child, true) : left.splice(found, 1)[0];
    if (node !== here.childNodes[index]) here.insertBefore(node, here.childNodes[index] ?? null);
    if (found >= 0) merge(node, child);
  });
  left.forEach((old) => old.remove());
}

const isFigure = (node) => node.nodeName === "FIGURE";
const title = (figure) => `${figure.querySelector("h3").textContent} ${figure.querySelector(".plot") !== null}`;
const kind = (node) => `${node.nodeName} ${node.className ?? ""} ${isFigure(node) ? title(node) : ""}`;
const alike = (one, other) => kind(one) === kind(other);

function mergeFigure(here, fresh) {
  merge(here.querySelector("figcaption"), fresh.querySelector("figcaption"));
  const [old, next] = [here, fresh].map((figure) => figure.querySelector("script"));
  if (!next || old.textContent === next.textContent) return;
  old.textContent = next.textContent;
  here.dataset.stale = "yes";
}

// One at a time, with a pause for the reader's own clicks.
async function redraw(place) {
  for (const figure of place.querySelectorAll("figure:has(.plot)")) {
    if (figure.dataset.stale || !figure.querySelector(".js-plotly-plot")) {
      await draw(figure);
      delete figure.dataset.stale;
      await rest(0);
    }
  }
}

async function ask(path, tag) {
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(path, { headers, signal: AbortSignal.timeout(PATIENCE) });
    return { status: answer.status, tag: answer.headers.get("ETag"), text: await answer.text() };
  } catch {
    const sentence = `The dashboard does not answer. This is how it was at ${seen.toLocaleTimeString()}.`;
    return { status: 0, text: sentence };
  }
}

async function update(place, tag) {
  const answer = await ask(place.dataset.follow, tag);
  if (answer.status !== 200 && answer.status !== 304) {
    say(answer.text);
    return tag;
  }
  seen = new Date();
  say("");
  if (answer.status === 200) {
    mergeChildren(place, new DOMParser().parseFromString(answer.text, "text/html").body);
    await redraw(place);
    place.dataset.drawn = answer.tag;
  }
  return answer.tag;
}

async function follow(place) {
  for (let tag = null; ; await rest(PAUSE)) {
    if (!document.hidden) tag = await update(place, tag);
  }
}

document.querySelectorAll("[data-follow]").forEach(follow);

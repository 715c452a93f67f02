"use strict";
const NARROW = 600; // pixels: a phone

// The page has the title already; on a phone, dragging scrolls, and a bar of colours would take the room of the drawing.
function fitted(figure, width) {
  const narrow = width < NARROW;
  const explained = figure.layout.showlegend === false ? 0 : figure.data.filter((trace) => trace.showlegend !== false).length;
  const margin = { l: narrow ? 44 : 60, r: 12, t: explained > 1 ? 34 : 12, b: 48 };
  const layout = { ...figure.layout, title: undefined, margin };
  if (narrow && explained > 3) {
    margin.t = 12;
    layout.legend = { orientation: "h", x: 0, y: -0.22, yanchor: "top" };
    layout.height += 50;
  }
  // What a reader has zoomed into stays while the figure is drawn anew, unless its axes are others.
  const uirevision = [layout.xaxis, layout.yaxis].map((axis) => axis?.title?.text).join(" by ");
  return { data: figure.data, layout: { ...layout, uirevision, dragmode: narrow ? false : "zoom" } };
}

function draw(place) {
  const figure = JSON.parse(place.querySelector("script").textContent);
  const plot = place.querySelector(".plot");
  const { data, layout } = fitted(figure, plot.clientWidth);
  plot.style.height = layout.height + "px";
  return Plotly.react(plot, data, layout, { responsive: true, displayModeBar: false });
}

function drawAll() {
  return Promise.all([...document.querySelectorAll("figure:has(.plot)")].map(draw));
}

function copy(button) {
  const text = button.parentElement.querySelector("pre");
  const said = () => {
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  const selected = () => getSelection().selectAllChildren(text);
  if (navigator.clipboard) navigator.clipboard.writeText(text.textContent).then(said, selected);
  else selected();
}

document.addEventListener("click", (event) => { if (event.target.matches(".code button")) copy(event.target); });

// Paper is narrower than most windows, and the window does not change when a page is printed.
const PAPER = 680; // pixels
const plots = () => [...document.querySelectorAll(".plot")];
addEventListener("beforeprint", () => plots().forEach((plot) =>
  Plotly.relayout(plot, { width: plot.closest(".small") ? PAPER / 2 : PAPER })));
addEventListener("afterprint", () => plots().forEach((plot) => Plotly.relayout(plot, { width: null, autosize: true })));

drawAll().then(() => { document.body.dataset.drawn = "yes"; });

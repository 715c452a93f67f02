#!/usr/bin/env bash
# A sweep on the nodes of a SLURM job:  sbatch configs/cluster/slurm.sh configs/digits.yaml
# Resubmit it to go on: a sweep that is there already is resumed.
#SBATCH --job-name=hpsearch
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120    # two minutes before the end: what is under way is finished, and the rest resumed later
set -euo pipefail

config=$1
results=${RESULTS:-$PWD/results}                 # on storage that all nodes see
bin=${BIN:-$PWD/.venv/bin}
name=$("$bin/python" -c 'import sys; from ruamel.yaml import YAML; print(YAML().load(open(sys.argv[1]))["name"])' "$config")

export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$HOME/.hpsearch-ray-token-$SLURM_JOB_ID RAY_USAGE_STATS_ENABLED=0
(umask 077 && "$bin/python" -c 'import secrets; print(secrets.token_hex(32))' >"$RAY_AUTH_TOKEN_PATH")
trap 'rm -f "$RAY_AUTH_TOKEN_PATH"' EXIT

nodes=($(scontrol show hostnames "$SLURM_JOB_NODELIST"))
head=${nodes[0]}
address=$head:6379
srun --nodes=1 --ntasks=1 --overlap --nodelist="$head" \
    "$bin/ray" start --head --block --port=6379 --num-cpus="$SLURM_CPUS_PER_TASK" --include-dashboard=false &
sleep 20
if ((${#nodes[@]} > 1)); then
    srun --nodes=$((${#nodes[@]} - 1)) --ntasks-per-node=1 --overlap --exclude="$head" \
        "$bin/ray" start --block --address="$address" --num-cpus="$SLURM_CPUS_PER_TASK" &
fi

if [ -e "$results/$name" ]; then
    "$bin/hpsearch" resume "$results/$name" --address "$address" &
else
    "$bin/hpsearch" run "$config" --results "$results" --address "$address" &
fi
sweep=$!
trap 'kill -TERM $sweep 2>/dev/null || true' TERM
wait $sweep || true
wait $sweep

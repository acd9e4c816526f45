#!/usr/bin/env bash
# end-run.sh FOLDER: waits until nobody holds FOLDER/alive open for writing any
# more, then runs FOLDER/cleanup if there is one, ends the processes listed in
# FOLDER/started, the youngest first, and removes the folder. A process of its
# own, so that it outlives a killed script.
set -u
run=$1

# The standard input of what is started: it ends if we are killed.
exec 7<>"$run/hold"
# Returns at the end of the pipe, and not before: nobody writes into it.
read -r <"$run/alive"

# What can only be undone while the processes run.
if [ -e "$run/cleanup" ]; then bash "$run/cleanup" <&7; fi

ended() {
  for _ in $(seq 300); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

pids=()
while read -r pid; do
  pids=("$pid" ${pids[@]+"${pids[@]}"})
done < <(cat "$run/started" 2>/dev/null)
for pid in ${pids[@]+"${pids[@]}"}; do
  kill "$pid" 2>/dev/null
  ended "$pid" || kill -KILL "$pid" 2>/dev/null
done
rm -rf "$run"

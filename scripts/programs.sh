# What the scripts that find or make the programs of the tests share. A script that sources it defines usable(), which
# says whether a path is the program. With --check such a script prints nothing, makes nothing, and fails with what to
# install where the program is not there and cannot be made.
# shellcheck shell=sh
cache=${XDG_CACHE_HOME:-$HOME/.cache}/scaleops
check=false
for argument; do
  [ "$argument" != --check ] || check=true
done

stop() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# End with the path, if it is the program.
answer() {
  usable "$1" || return 1
  $check || echo "$1"
  exit 0
}

# Go 1.21 and later fetch the version that a module asks for.
has_go() { go version 2>/dev/null | grep -Eq 'go1\.(2[1-9]|[3-9][0-9])'; }
has_docker() { docker info >/dev/null 2>&1; }
may_install() { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; }

# Take the program from an image of Docker's: copied IMAGE PATH TARGET.
copied() {
  container=$(docker create "$1") || return 1
  docker cp "$container:$2" "$3" || true
  docker rm "$container" >/dev/null
  usable "$3"
}

# Wait until nobody else makes the program in this folder, then go on alone. Where there is no flock (macOS), two that
# begin at once make one each.
alone_in() {
  mkdir -p "$1"
  exec 9>"$1/lock"
  ! command -v flock >/dev/null || flock 9
}

# To make a program: begin alone, in a folder of its own ($work), unless somebody has made it meanwhile; build it there
# by from_source(), saying what is built and how long that takes; and end with its path.
begin_making() {
  alone_in "$folder"
  answer "$folder/$1" || true
  work=$(mktemp -d "$folder/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
}
build() {
  echo "building $1, once: $2 (log: $folder/build.log)" >&2
  (from_source) >"$folder/build.log" 2>&1 || stop "it could not be built: $(tail -5 "$folder/build.log")"
}
end_making() {
  mv -f "$work/$1" "$folder/$1"
  answer "$folder/$1" || stop "$folder/$1 does not run"
}

"""check_image.py [full]: checks the Dockerfile without a container engine.

What it copies exists, what it starts from and runs as fits the rest of the
repository, and the files that it copies are a package that Cargo can read.
With `full`, the commands of the build are run on exactly those files, and the
program that comes out is started in a root folder with nothing else in it.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHART = ROOT / "charts/scim-operator"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
counts = {True: 0, False: 0}


def check(what, holds, why=""):
    counts[bool(holds)] += 1
    print(f"ok      {what}" if holds else f"FAILED  {what}: {why}")
    return holds


class Stage:
    def __init__(self, base, name):
        self.base, self.name, self.steps = base, name, []

    def all(self, instruction):
        return [rest for found, rest in self.steps if found == instruction]

    def copies(self):
        """(stage or None, sources, destination) of each COPY."""
        for rest in self.all("COPY"):
            words = shlex.split(rest)
            options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
            *sources, destination = [word for word in words if not word.startswith("--")]
            yield options.get("from"), sources, destination


def stages():
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = []
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        instruction, rest = line.strip().split(None, 1)
        if instruction == "FROM":
            words = rest.split()
            found.append(Stage(words[0], words[2] if len(words) > 2 else None))
        else:
            found[-1].steps.append((instruction, rest))
    return found


def let_in():
    """What .dockerignore leaves of the repository."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    if not check(".dockerignore lets nothing in that it does not name", rules[:1] == ["*"], rules[:1]):
        return []
    return [rule[1:] for rule in rules[1:] if rule.startswith("!")]


def check_sources(build, image):
    copied = []
    for stage in (build, image):
        for origin, sources, _ in stage.copies():
            copied += [] if origin else sources
    for source in copied:
        check(f"{source} is there to copy", (ROOT / source).exists(), "no such file")
    allowed = let_in()
    check("what is copied is what .dockerignore lets in", sorted(copied) == sorted(allowed), f"{copied}, {allowed}")
    return copied


def check_image(build, image):
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["rust-version"]
    check("Rust is the version of Cargo.toml", build.base.startswith(f"rust:{version}-"), build.base)
    check("the image starts from nothing", image.base == "scratch", image.base)
    commands = " ".join(build.all("RUN"))
    taken = [(origin, source) for origin, sources, _ in image.copies() if origin for source in sources]
    for origin, source in taken:
        check(f"{source} comes from the build", origin == build.name, origin)
    made = [source for _, source in taken if source != CERTIFICATES]
    check("the program is made by a command of the build", all(source in shlex.split(commands) for source in made), made)
    check("certificates are in it", any(source == CERTIFICATES for _, source in taken), taken)
    check("certificates are installed in the build", "ca-certificates" in shlex.split(commands), commands)
    program = json.loads(image.all("ENTRYPOINT")[0])[0]
    check(f"{program} is in the image", program in [to for _, _, to in image.copies()], program)


def check_chart(image):
    deployment = (CHART / "templates/deployment.yaml").read_text()
    ids = [re.search(rf"{key}: (\d+)", deployment)[1] for key in ("runAsUser", "runAsGroup")]
    check("it runs as the user of the chart", image.all("USER") == [":".join(ids)], image.all("USER"))
    port = re.search(r"^metricsPort: (\d+)", (CHART / "values.yaml").read_text(), re.MULTILINE)[1]
    check("its port is the chart's", image.all("EXPOSE") == [port], image.all("EXPOSE"))
    check("it runs what the chart runs", json.loads(image.all("CMD")[0]) == ["run"], image.all("CMD"))


def run(*command, **settings):
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


def copy_to(context, copied):
    for source in copied:
        target = context / source
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy2
        copy(ROOT / source, target)


def check_package(context):
    done = run("cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version=1", cwd=context)
    if not check("what is copied is a package", done.returncode == 0, done.stderr):
        return
    for target in json.loads(done.stdout)["packages"][0]["targets"]:
        source = pathlib.Path(target["src_path"])
        check(f"with the source of its {target['kind'][0]} {target['name']}", source.exists(), source)


def check_build(context, build):
    """Runs what the build runs after its last COPY, apart from mounts."""
    last = max(index for index, (found, _) in enumerate(build.steps) if found == "COPY")
    program = context / "root/scim-operator"
    program.parent.mkdir(mode=0o755)
    settings = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/static")}
    for found, rest in build.steps[last + 1 :]:
        words = [word for word in shlex.split(rest) if not word.startswith("--mount")]
        words = [str(program) if word == "/scim-operator" else word for word in words]
        print(f"        {' '.join(words)}", flush=True)
        done = subprocess.run(words, cwd=context, env=settings, check=False)
        check(f"{found} {words[0]}", done.returncode == 0, f"exit code {done.returncode}")
    check_program(program)


def check_program(program):
    headers = run("readelf", "--program-headers", "--dynamic", program).stdout
    check("the program needs no library", "INTERP" not in headers and "NEEDED" not in headers, headers)
    root = program.parent
    root.parent.chmod(0o755)
    as_nobody = ["chroot", "--userspec=65532:65532"] if os.getuid() == 0 else ["unshare", "-r", "chroot"]
    done = run(*as_nobody, root, "/scim-operator", "crds")
    check("it starts in an empty root folder", done.stdout.count("kind: CustomResourceDefinition") > 0, done.stderr)


def main(full):
    found = stages()
    if check("there is a stage for the build and one for the image", len(found) == 2, len(found)):
        build, image = found
        copied = check_sources(build, image)
        check_image(build, image)
        check_chart(image)
        with tempfile.TemporaryDirectory() as folder:
            context = pathlib.Path(folder)
            copy_to(context, copied)
            check_package(context)
            if full:
                check_build(context, build)
    print(f"image: {counts[True]} checks passed, {counts[False]} failed")
    sys.exit(counts[False] > 0)


main("full" in sys.argv[1:])

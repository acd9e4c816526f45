#!/usr/bin/env python3
"""Mutants: small patches that each remove one line that protects somebody. The
test that is named in a patch has to fail with it.

    mutants.py all [NAME...]   every mutant, or these; the tests pass without them, too
    mutants.py few             four of them, chosen by what has changed

The patches are tests/mutants/*.patch. Above the diff each says

    Rule: what holds, in a sentence
    Test: lib sync::lifecycle::tests::name, or another target of Cargo and the name there

A patch is applied to a copy of the working tree, which is built beside the
ordinary build: what both stand on is built once, and nothing of the copy has a
name under which the ordinary build would find it. With MUTANTS_RESULTS=folder
the table is left there instead.
"""

import concurrent.futures
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATCHES = ROOT / "tests/mutants"
TARGET = (ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).absolute()
BUILD = (ROOT / os.environ.get("CARGO_BUILD_BUILD_DIR", TARGET)).absolute()
PLACE = TARGET / "mutants"
TREE = PLACE / "tree"

# Of `few`: how many, and how many of them may take a whole world of processes.
FEW = 4
WORLDS = 1

# It differs from the ordinary build in this, so Cargo gives what it builds another name.
NO_DEBUG = ["--config", "profile.dev.package.scim-operator.debug=false"]
# With a test target, even a small one, the operator stands on just what it stands on in tests.
OPERATOR = ["cargo", "build", "--bin", "scim-operator", "--test", "crds"]

# Tests that mostly wait may do so side by side.
AT_ONCE = 3
LONGEST = 600
# What a test says that fails before it has begun, and would do so without the mutant.
NOT_BEGUN = "no readiness of the operator"
# How far back changes count where there is nothing that is not merged yet.
COMMITS = 10


class Invalid(Exception):
    """A mutant that proves nothing."""


@dataclasses.dataclass
class Mutant:
    name: str
    rule: str
    target: str
    test: str
    files: list[str]

    @classmethod
    def read(cls, patch):
        text = patch.read_text()
        headers = dict(re.findall(r"^(Rule|Test): (.+)$", text.split("\n--- ")[0], re.MULTILINE))
        target, _, test = headers.get("Test", "").partition(" ")
        files = re.findall(r"^\+\+\+ b/(\S+)", text, re.MULTILINE)
        if not (headers.get("Rule") and test and files):
            fail(f"{patch.relative_to(ROOT)} needs a line Rule:, a line Test: TARGET NAME, and a diff")
        return cls(patch.stem, headers["Rule"], target, test, [*files, str(patch.relative_to(ROOT))])

    @property
    def is_outside(self):
        """Its test takes the operator as a process."""
        return self.target == "integration"


def fail(message):
    sys.exit(f"error: {message}")


def run(*command, **settings):
    return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace", **settings)


def git(*arguments):
    done = run("git", "-C", str(ROOT), *arguments)
    return done.stdout if done.returncode == 0 else ""


def all_mutants():
    return [Mutant.read(patch) for patch in sorted(PATCHES.glob("*.patch"))]


# Choosing


def changed_files():
    """What is not merged yet, or, if there is nothing, what came last."""
    base = git("merge-base", "HEAD", "origin/main").strip() or "HEAD"
    changed = set(git("diff", "--name-only", base).splitlines())
    changed |= set(git("ls-files", "--others", "--exclude-standard").splitlines())
    if base in ("HEAD", git("rev-parse", "HEAD").strip()):
        changed |= set(git("log", f"-{COMMITS}", "--format=", "--name-only").splitlines())
    return changed


def choose(mutants):
    """Those whose protecting line is in a file that has changed come first; among them, and
    after them, another commit has others come first."""
    changed, commit = changed_files(), git("rev-parse", "HEAD")

    def rank(mutant):
        turn = hashlib.sha256(f"{commit}{mutant.name}".encode()).digest()
        return (changed.isdisjoint(mutant.files), turn)

    chosen = []
    for mutant in sorted(mutants, key=rank):
        worlds = sum(it.is_outside for it in chosen)
        if len(chosen) < FEW and not (mutant.is_outside and worlds == WORLDS):
            chosen.append(mutant)
    return chosen


# The copy


def renew_tree():
    """Makes the copy what the working tree is. Only what differs is written, so that only that
    is built again."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    wanted = {name for name in names if name and (ROOT / name).is_file()}
    if not wanted:
        fail("git lists no files here")
    TREE.mkdir(parents=True, exist_ok=True)
    present = {str(path.relative_to(TREE)) for path in TREE.rglob("*") if not path.is_dir()}
    for name in present - wanted:
        (TREE / name).unlink()
    for name in wanted:
        source, copy = ROOT / name, TREE / name
        if name not in present or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        copy.chmod(source.stat().st_mode)


def apply(mutant, *options):
    # Outside of any repository, or git would leave out what the repository ignores.
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(PLACE)}
    patch = PATCHES / f"{mutant.name}.patch"
    done = run("git", "apply", "-C1", "--whitespace=nowarn", *options, str(patch), cwd=TREE, env=outside)
    if done.returncode != 0:
        raise Invalid(f"the patch does not apply: {done.stderr.strip()}")


# Building and running


def cargo(command, folder, **variables):
    """Builds, and answers the executables by the name of their target."""
    command = [*command, "--message-format=json-render-diagnostics", "--quiet"]
    done = run(*command, cwd=folder, env={**os.environ, **variables})
    if done.returncode != 0:
        raise Invalid(f"it does not compile:\n{done.stderr[-3000:]}")
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {it["target"]["name"]: pathlib.Path(it["executable"]) for it in messages if it.get("executable")}


def tests_of(target):
    return ["cargo", "test", "--no-run", *(["--lib"] if target == "lib" else ["--test", target])]


def program_of(target):
    return "scim_operator" if target == "lib" else target


def ordinary(target):
    """The tests of the tree as it is."""
    return cargo(tests_of(target), ROOT)[program_of(target)]


def mutated(mutant):
    """What differs by the mutant: the operator where tests run it as a process, else the tests."""
    variables = {"CARGO_TARGET_DIR": str(PLACE / "out"), "CARGO_BUILD_BUILD_DIR": str(BUILD)}
    command = OPERATOR if mutant.is_outside else tests_of(mutant.target)
    built = cargo([*command, *NO_DEBUG], TREE, **variables)
    return built["scim-operator" if mutant.is_outside else program_of(mutant.target)]


def outcomes(program, tests, **variables):
    """How each of these tests ended, and what was said."""
    quiet = {"MATRIX_RESULTS", "SCENARIO_RESULTS", "MATRIX_RENEW"}
    environment = {name: value for name, value in os.environ.items() if name not in quiet} | variables
    command = [str(program), "--exact", *tests]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            said = f"it did not end within {LONGEST} s"
    # Whoever fails leaves its logs; here that is what it has to do.
    shutil.rmtree(TARGET / f"tmp/integration-{process.pid}", ignore_errors=True)
    ended = dict(re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)$", said, re.MULTILINE))
    # What a test prints on the way may come between its name and its end.
    ended |= {test: "FAILED" for test in re.findall(r"^---- (\S+) stdout ----$", said, re.MULTILINE)}
    return ended, said


def out_of_date(mutants):
    """What can be told of all of them at once: whether their patches apply, and their tests exist."""
    renew_tree()
    listed = {}
    for target in {mutant.target for mutant in mutants}:
        lines = run(str(ordinary(target)), "--list", "--format=terse").stdout.splitlines()
        listed[target] = {line.removesuffix(": test") for line in lines}
    problems = {}
    for mutant in mutants:
        try:
            apply(mutant, "--check")
            if mutant.test not in listed[mutant.target]:
                raise Invalid(f"{mutant.test} is no test of {mutant.target}")
        except Invalid as problem:
            problems[mutant.name] = (str(problem), 0)
    return problems


def failing_without(mutants):
    """The named tests that fail although nobody is mutated."""
    problems = {}
    for target in sorted({mutant.target for mutant in mutants}):
        tests = sorted({mutant.test for mutant in mutants if mutant.target == target})
        ended, said = outcomes(ordinary(target), tests)
        for test in tests:
            if ended.get(test) != "ok":
                problems[target, test] = f"{test} does not pass without the patch\n{said[-2000:]}"
    return {
        mutant.name: (problems[mutant.target, mutant.test], 0)
        for mutant in mutants
        if (mutant.target, mutant.test) in problems
    }


def judge(mutant, program, tests, began):
    """Why the mutant is not caught, which should be nothing, and how many seconds it took."""
    variables = {"SCIM_OPERATOR_UNDER_TEST": str(program)} if mutant.is_outside else {}
    ended, said = outcomes(tests or program, [mutant.test], **variables)
    program.unlink()
    print(f"{mutant.name}: {ended.get(mutant.test, 'did not run')}", flush=True)
    match ended.get(mutant.test):
        case "FAILED" if NOT_BEGUN in said:
            problem = f"{mutant.test} did not get as far as the line: {NOT_BEGUN}"
        case "FAILED":
            problem = ""
        case "ok":
            problem = f"{mutant.test} does not miss the line"
        case _:
            problem = f"{mutant.test} did not run\n{said[-2000:]}"
    return problem, time.monotonic() - began


def put_aside(program, mutant):
    """The next build takes the place of this one, whose tests may still run."""
    folder = PLACE / "running"
    folder.mkdir(exist_ok=True)
    copy = folder / mutant.name
    copy.unlink(missing_ok=True)
    shutil.copy2(program, copy)
    return copy


def hunt(mutants):
    """Builds one after the other and runs the tests beside the next build. Answers what is
    wrong with each, which should be nothing, and its seconds."""
    results = {}
    unmutated = {mutant.target: ordinary(mutant.target) for mutant in mutants if mutant.is_outside}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = {}
        # What has to wait for processes begins first; then one target after the other.
        for mutant in sorted(mutants, key=lambda it: (not it.is_outside, it.target)):
            began = time.monotonic()
            try:
                renew_tree()
                apply(mutant)
                program = put_aside(mutated(mutant), mutant)
                running[mutant.name] = pool.submit(judge, mutant, program, unmutated.get(mutant.target), began)
            except Invalid as problem:
                results[mutant.name] = (str(problem), time.monotonic() - began)
        renew_tree()
        results |= {name: future.result() for name, future in running.items()}
    return results


def table(mutants, results):
    rows = [("mutant", "rule", "test", "caught", "seconds")]
    for mutant in mutants:
        problem, seconds = results[mutant.name]
        rows.append((mutant.name, mutant.rule, mutant.test.split("::")[-1], "NO" if problem else "yes", f"{seconds:.0f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4].rjust(7)]) for row in rows
    ]


def tell(mutants, results):
    lines = table(mutants, results)
    missed = 0
    for mutant in mutants:
        problem, _ = results[mutant.name]
        if problem:
            missed += 1
            lines += [f"{mutant.name}: {problem}"]
    lines += [f"{len(mutants) - missed} of {len(mutants)} mutants caught"]
    if folder := os.environ.get("MUTANTS_RESULTS"):
        (pathlib.Path(folder) / "table").write_text("\n".join(lines) + "\n")
    else:
        print("\n".join(lines))
    # dev/test.sh counts by this line.
    print(f"mutants: {len(mutants) - missed} checks passed, {missed} failed")
    return missed == 0


def named(names):
    mutants = {mutant.name: mutant for mutant in all_mutants()}
    for name in names:
        if name not in mutants:
            fail(f"there is no mutant {name}")
    return [mutants[name] for name in names] or list(mutants.values())


def hunt_all(names):
    mutants = named(names)
    problems = out_of_date(mutants)
    problems |= failing_without([mutant for mutant in mutants if mutant.name not in problems])
    return mutants, problems | hunt([mutant for mutant in mutants if mutant.name not in problems])


def hunt_few():
    """Their tests have just passed without them."""
    mutants = all_mutants()
    problems = out_of_date(mutants)
    chosen = choose([mutant for mutant in mutants if mutant.name not in problems])
    told = [mutant for mutant in mutants if mutant in chosen or mutant.name in problems]
    return told, problems | hunt(chosen)


def main(arguments):
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            match arguments:
                case ["all", *names]:
                    mutants, results = hunt_all(names)
                case ["few"]:
                    mutants, results = hunt_few()
                case _:
                    fail("usage: mutants.py all [NAME...] | few")
        except Invalid as problem:
            fail(problem)
    sys.exit(0 if tell(mutants, results) else 1)


main(sys.argv[1:])

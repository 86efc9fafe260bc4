# SPDX-License-Identifier: Apache-2.0
"""The program with what it cannot do: one line on stderr that says what, why and what to do, and the right status.

Also its help, which is compared with help.golden (tests/unit/check_program.py --write makes it anew).
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HEAPSCOPE = os.environ.get("HEAPSCOPE", "./heapscope")
failures = []


def run(*args, **kw):
    kw.setdefault("stdout", subprocess.PIPE)
    env = dict(os.environ, LC_ALL="C.UTF-8", **kw.pop("env", {}))
    return subprocess.run([HEAPSCOPE, *args], stderr=subprocess.PIPE, timeout=120, env=env, **kw)


def check(what, ok, *facts):
    print("ok  " if ok else "FAIL", what, *([] if ok else facts))
    if not ok:
        failures.append(what)


def refused(what, args, status, pattern, lines=1):
    r = run(*args)
    err = r.stderr.decode()
    good = r.returncode == status and re.search(pattern, err) and err.count("\n") == lines and not r.stdout
    good = good and err.startswith("heapscope: ")
    check(what, good, r.returncode, repr(err), r.stdout[:200])


def usage():
    refused("no command", [], 64, "no command given\nTry 'heapscope help'", 2)
    refused("unknown command", ["tpyes", "1"], 64, "did you mean 'types'", 2)
    refused("a PID alone", ["4711"], 64, "'types 4711'", 2)
    refused("no target", ["types"], 64, "a PID or a core file\nTry 'heapscope help types'", 2)
    refused("unknown option", ["types", "1", "--nope"], 64, "unknown option '--nope'", 2)
    refused("bad number", ["types", "1", "--limit", "x"], 64, "--limit takes a number", 2)
    refused("too much", ["types", "1", "2"], 64, "'2' is too much", 2)
    refused("control characters", ["types\x1b[31m\n"], 64, r"types\?\[31m\?'", 2)
    refused("empty target", ["types", ""], 64, "empty", 2)


def help_text():
    parts = [["--help"], ["help", "types"], ["info", "--help"], ["help", "doctor"]]
    text = "".join(f"$ heapscope {' '.join(p)}\n" + run(*p).stdout.decode() for p in parts)
    golden = os.path.join(HERE, "help.golden")
    if "--write" in sys.argv:
        with open(golden, "w") as f:
            f.write(text)
    with open(golden) as f:
        check("help is as it was", f.read() == text, "run tests/unit/check_program.py --write and look at the diff")
    check("help help", run("help").stdout == run("--help").stdout == run("-h").stdout)
    check("version", re.fullmatch(rb"heapscope \d+\.\d+\.\d+\n", run("--version").stdout))
    page = run("--man").stdout
    check("manual page", page.count(b".SS ") >= 3 and b".TH HEAPSCOPE 1" in page)
    if shutil.which("man"):
        r = subprocess.run(["man", "-l", "--warnings", "-"], input=page, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        check("manual page formats", r.returncode == 0 and not r.stderr, r.stderr)


def bad_files(d):
    def make(name, data):
        path = os.path.join(d, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    for command in "types", "info", "doctor":
        refused(f"{command}: no such file", [command, os.path.join(d, "none")], 2, "none")
        refused(f"{command}: text file", [command, make("text", b"hello\n" * 99)], 2, "text")
        refused(f"{command}: empty file", [command, make("empty", b"")], 2, "empty")
        refused(f"{command}: directory", [command, d], 2, "directory")
        refused(f"{command}: executable", [command, shutil.which("sleep")], 2, "core")
        refused(f"{command}: random bytes", [command, make("random", os.urandom(4096))], 2, "random")
        refused(f"{command}: a cut ELF header", [command, make("cut", b"\x7fELF\x02\x01\x01" + bytes(20))], 2, "cut")
        refused(f"{command}: control characters in the name", [command, "no\x1b[31m\nfile"], 2, r"no\?\[31m\?file")


def bad_processes():
    gone = subprocess.Popen(["true"])
    gone.wait()
    sleep = subprocess.Popen(["sleep", "1000"])
    time.sleep(0.1)
    try:
        for command in "types", "info":
            refused(f"{command}: no such PID", [command, str(gone.pid)], 2, str(gone.pid))
            refused(f"{command}: a PID that cannot be", [command, "99999999999999999999"], 2, "no process")
            refused(f"{command}: no Python", [command, str(sleep.pid)], 2, "ython")
        r = run("doctor", str(sleep.pid))
        check("doctor: no Python", r.returncode == 2 and r.stderr.count(b"\n") == 1 and b"sleep" in r.stdout, r)
        state = open(f"/proc/{sleep.pid}/stat").read().rpartition(")")[2].split()[0]
        check("it runs on", state == "S", state)
    finally:
        sleep.kill()
        sleep.wait()
    if os.geteuid() != os.stat("/proc/1").st_uid:
        refused("no permission", ["types", "1"], 2, f"runs as uid {os.geteuid()} without CAP_SYS_PTRACE.*sudo")


def broken_streams():
    full = open("/dev/full", "wb")
    r = run("--help", stdout=full)
    check("full disk", r.returncode == 2 and b"No space left" in r.stderr and r.stderr.count(b"\n") == 1, r)
    reader, writer = os.pipe()
    os.close(reader)
    r = run("--help", stdout=writer)
    os.close(writer)
    check("reader went away: quiet", r.returncode == 2 and not r.stderr, r)


def answers():
    """On a process that is this very interpreter, where it can be inspected at all."""
    child = subprocess.Popen([sys.executable, "-c", "print('ready', flush=True); input()"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    try:
        r = run("types", str(child.pid))
        if r.returncode == 2 and "HEAPSCOPE_REQUIRE_ALL" not in os.environ:
            print("skip answers: ", r.stderr.decode().strip())
            return
        first, header, *rows = r.stdout.decode().splitlines()
        check("header line", re.fullmatch(r"Total \d+ objects, \d+ types, Total size = [\d.]+[KMG]iB \(\d+ bytes\)",
                                          first), first)
        check("columns", header.split() == "Index Count % Size % Cum Max Kind".split(), header)
        table = [row for row in rows if re.match(r" *\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ \S", row)]
        check("rows", len(table) > 30, len(table))
        sizes = [int(row.split()[3]) for row in table]
        check("largest first", sizes == sorted(sizes, reverse=True))
        check("no colour, no control characters", not re.search(rb"[\x00-\x09\x0b-\x1f]", r.stdout))
        coloured = run("types", str(child.pid), "--color", "always").stdout
        check("colour", coloured.count(b"\x1b[1m") == 1)
        full = open("/dev/full", "wb")
        r = run("types", str(child.pid), stdout=full)
        check("types: full disk", r.returncode == 2 and b"No space left" in r.stderr, r)
        p = subprocess.Popen([HEAPSCOPE, "doctor", str(child.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.close()
        err = p.stderr.read()
        check("doctor: reader went away", p.wait() == 2 and not err, err)
        interrupted(child.pid)
    finally:
        child.communicate(b"\n")
    check("the child ended as it would", child.returncode == 0, child.returncode)


def interrupted(pid):
    for sig in signal.SIGINT, signal.SIGTERM:
        ends = set()
        for i in range(10):
            p = subprocess.Popen([HEAPSCOPE, "types", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(0.01 * i)
            p.send_signal(sig)
            err = p.stderr.read().decode()
            code = p.wait(60)
            fine = code in (0, 1) or code == -sig or (code == 2 and re.fullmatch("heapscope: interrupted.*\n", err))
            ends.add((fine, code, err if not fine else ""))
        check(f"ends in order on signal {int(sig)}", all(fine for fine, *_ in ends), ends)


usage()
help_text()
with tempfile.TemporaryDirectory() as directory:
    bad_files(directory)
bad_processes()
broken_streams()
answers()
sys.exit(f"{len(failures)} failed: {failures}" if failures else 0)

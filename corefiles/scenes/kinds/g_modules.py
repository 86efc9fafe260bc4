# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

# ---- asyncio, queue, contextvars, pickle, ElementTree, sqlite ----

@kind
def asyncio_():
    return run("""
import asyncio
loop = asyncio.new_event_loop()
async def wait():
    held = [1]
    await asyncio.sleep(1000)
fut = loop.create_future()
fut.add_done_callback(print)
fut.add_done_callback(repr)
done = loop.create_future()
done.set_result([5])
task = loop.create_task(wait())
for i in range(3):
    loop.call_soon(loop.stop)
    loop.run_forever()
failed = loop.create_future()
failed.set_exception(ValueError('f'))
failed.exception()
it = iter(fut)
made = [loop, fut, done, task, failed, it, asyncio.Queue() if hasattr(asyncio, 'Queue') else None]
""", "made")


@kind
def queues():
    import queue
    q = queue.Queue()
    q.put([1])
    s = queue.SimpleQueue()
    s.put([2])
    s.put("x")
    s.get()
    return [q, s]


@kind
def contextvars_():
    import contextvars
    made = [contextvars.ContextVar("v%d" % i, default=[i]) for i in range(40)]
    tokens = [v.set([v]) for v in made]
    context = contextvars.copy_context()
    made[0].reset(tokens[0])
    return [made, tokens, context, iter(context), context.items()]


@kind
def picklers():
    import pickle
    p = pickle.Pickler(io.BytesIO())
    p.dump([1, "two", {3: 4}, Plain])
    data = pickle.dumps([1, 2, "x"])
    u = pickle.Unpickler(io.BytesIO(data))
    u.load()
    return [p, u, p.memo if hasattr(p, "memo") else None]


@kind
def picklers_2():
    import cPickle
    import cStringIO
    p = cPickle.Pickler(cStringIO.StringIO())
    p.dump([1, 2])
    return p


@kind
def elements():
    import xml.etree.ElementTree as et
    root = et.fromstring("<a x='1'>text<b>c</b>tail<d/></a>")
    many = et.Element("many")
    for i in range(20):
        et.SubElement(many, "child", {"n": str(i)})
    it = root.iter()
    next(it)
    builder = et.TreeBuilder()
    builder.start("x", {})
    return [root, many, et.Element("bare"), it, builder, et.ElementTree(root)]


@kind
def xml_parser():
    import xml.etree.ElementTree as et
    import pyexpat
    p = pyexpat.ParserCreate()
    p.StartElementHandler = print if not PY2 else None
    q = et.XMLParser()
    q.feed("<a><b>")
    return [p, q]


@kind
def sqlite():
    import sqlite3
    c = sqlite3.connect(":memory:")
    cur = c.execute("select 1 as a, 'x' as b")
    c.row_factory = sqlite3.Row
    row = c.execute("select 2 as q").fetchone()
    return [c, cur, row, cur.fetchone()]


@kind
def csvs():
    import csv
    r = csv.reader(["a,b", "c,d"])
    next(r)
    return [r, csv.writer(io.StringIO() if not PY2 else io.BytesIO()), r.dialect]


@kind
def jsons():
    import json
    return [json.JSONDecoder(), json.JSONEncoder(), json.loads('{"a": [1, 2, {"b": null}]}'), json.JSONDecoder().scan_once]


@kind
def typings():
    import typing
    T = typing.TypeVar("T", bound=int)
    return [T, typing.List[int], typing.Optional[T], typing.Callable[[int], str]]


@kind
def generic_aliases():
    return run("made = [list[int], dict[str, 'x'], list[int].__parameters__]", "made")


@kind
def unions():
    return run("made = [int | None, list[int] | str]", "made")


@kind
def type_params():
    return run("""
class C[T: int, *Ts, **P]:
    pass
type A[X] = list[X]
made = [C, C.__type_params__, A, A.__value__, C[int, str, [float]]]
""", "made")


@kind
def typing_runtime():
    import typing
    return [typing.ParamSpec("P"), typing.ParamSpec("Q").args, typing.ParamSpec("R").kwargs, typing.TypeVarTuple("Ts")]


@kind
def asts():
    import ast
    return ast.parse("x = [1, 2 + y]\ndef f(a): return a")


@kind
def symtables():
    import symtable
    return symtable.symtable("def f(a):\n    def g(): return a\n    return g\n", "s.py", "exec")


@kind
def parser_():
    import parser
    return parser.expr("1 + 2")


@kind
def zipimporter():
    import zipimport
    import zipfile
    import tempfile
    name = tempfile.mktemp(".zip")
    with zipfile.ZipFile(name, "w") as z:
        z.writestr("m_in_zip.py", "x = 1")
    made = zipimport.zipimporter(name)
    os.unlink(name)
    return made


@kind
def codecs_():
    import codecs
    return [codecs.lookup("utf-8"), codecs.getincrementaldecoder("utf-8")(), codecs.getincrementalencoder("shift_jis")(),
            codecs.getincrementaldecoder("gb2312")(), codecs.charmap_build(u"".join(map(unichr if PY2 else chr, range(256))))]


@kind
def profilers():
    import cProfile
    p = cProfile.Profile()
    p.enable()
    len("x")
    p.disable()
    return p


@kind
def ssls():
    import ssl
    return [ssl.SSLContext(ssl.PROTOCOL_TLS), ssl.MemoryBIO()] if hasattr(ssl, "MemoryBIO") else ssl.SSLContext(
        ssl.PROTOCOL_TLS)

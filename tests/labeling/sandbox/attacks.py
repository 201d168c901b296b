"""Attacks on the machine, as the bodies of labeling functions.

Each one votes THROUGH if it got what it wanted, and fails or votes HELD if not. ``T`` is what
there is to get: see the fixture ``target``. They harm nothing but what the tests made for them.
"""

from __future__ import annotations

LABELS = ("held", "through")

PRELUDE = """
import ctypes, json, os, signal, socket, sys, time
T = json.loads({target!r})
C = ctypes.CDLL(None, use_errno=True)
C.syscall.restype = ctypes.c_long
def call(number, *arguments):
    return C.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a
                                               for a in arguments])
def attack(x):
{body}
"""

ATTACKS: dict[str, str] = {
    "read a system file": "open('/etc/passwd').read()\nreturn THROUGH",
    "read the secret file": "open(T['secret']).read()\nreturn THROUGH",
    "read the studio's database": (
        "import sqlite3\n"
        "c = sqlite3.connect('file:' + T['database'] + '?mode=ro', uri=True)\n"
        "return THROUGH if c.execute('select word from secrets').fetchone() else HELD"
    ),
    "write into the studio's database": (
        "import sqlite3\n"
        "c = sqlite3.connect(T['database'])\n"
        "c.execute(\"insert into secrets values ('planted')\")\nc.commit()\nreturn THROUGH"
    ),
    "remove the folder of the secret": "import shutil\nshutil.rmtree(T['folder'])\nreturn THROUGH",
    "plant code for the next process": (
        "home = os.path.expanduser('~/.local/lib/python3.11/site-packages')\n"
        "for d in (home, '/tmp', '/work'):\n"
        "    try:\n"
        "        os.makedirs(d, exist_ok=True)\n"
        "        open(os.path.join(d, T['token'] + 'customize.py'), 'w').write('x = 1')\n"
        "    except OSError: continue\n"
        "    return THROUGH\n"
        "return HELD"
    ),
    "fill what can be written": (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "for d in (T['folder'], '/tmp', '/dev/shm', '/dev', '.'):\n"
        "    try: fd = os.open(os.path.join(d, 'fill-' + T['token']), os.O_CREAT | os.O_WRONLY)\n"
        "    except OSError: continue\n"
        "    os.write(fd, b'x' * 4096)\n"
        "    return THROUGH\n"
        "return HELD"
    ),
    "list the folder of the secret": "return THROUGH if os.listdir(T['folder']) else HELD",
    "overwrite the secret file": "open(T['secret'], 'w').write('gone')\nreturn THROUGH",
    "delete the secret file": "os.unlink(T['secret'])\nreturn THROUGH",
    "rename the secret file": "os.rename(T['secret'], T['secret'] + '.x')\nreturn THROUGH",
    "read the environment": "return THROUGH if T['token'] in str(dict(os.environ)) else HELD",
    "read the environment from the start of memory": (
        "end = ctypes.POINTER(ctypes.c_char_p).in_dll(C, 'environ')\n"
        "names, i = [], 0\n"
        "while end[i] is not None:\n"
        "    names.append(end[i]); i += 1\n"
        "return THROUGH if T['token'].encode() in b' '.join(names) else HELD"
    ),
    "read the parent's environment": "open(f\"/proc/{T['pid']}/environ\", 'rb').read()\n"
    "return THROUGH",
    "read the parent's memory": "open(f\"/proc/{T['pid']}/mem\", 'rb').read(1)\nreturn THROUGH",
    "read the parent's memory by a call": (
        "class V(ctypes.Structure): _fields_ = [('b', ctypes.c_void_p), ('n', ctypes.c_size_t)]\n"
        "b = ctypes.create_string_buffer(8)\n"
        "l, r = V(ctypes.addressof(b), 8), V(T['address'], 8)\n"
        "n = call(310, T['pid'], ctypes.byref(l), 1, ctypes.byref(r), 1, 0)\n"
        "return THROUGH if n > 0 else HELD"
    ),
    "trace the parent": "return THROUGH if call(101, 0x4206, T['pid'], 0, 0) == 0 else HELD",
    "trace the fork server": "return THROUGH if call(101, 0x4206, os.getppid(), 0, 0) == 0 "
    "else HELD",
    "signal the parent": "os.kill(T['pid'], 0)\nreturn THROUGH",
    "kill the fork server": "os.kill(os.getppid(), 9)\nreturn THROUGH",
    "kill everything": "for pid in range(1, 60):\n    os.kill(pid, 0)\nreturn THROUGH",
    "stop itself": "os.kill(os.getpid(), signal.SIGSTOP)\nreturn THROUGH",
    "use an inherited file": (
        "for fd in range(3, 1024):\n"
        "    try:\n"
        "        if T['token'].encode() in os.pread(fd, 100, 0): return THROUGH\n"
        "    except OSError: pass\n"
        "return HELD"
    ),
    "find a descriptor besides its report": (
        "n = 0\n"
        "for fd in range(3, 1024):\n"
        "    try: os.fstat(fd); n += 1\n"
        "    except OSError: pass\n"
        "return THROUGH if n > 1 else HELD"
    ),
    "connect by TCP": "socket.create_connection(('127.0.0.1', T['tcp']), timeout=1)\n"
    "return THROUGH",
    "send by UDP": "s = socket.socket(2, 2); s.sendto(b'x', ('127.0.0.1', T['udp']))\n"
    "return THROUGH",
    "connect to a socket file": "s = socket.socket(1, 1); s.connect(T['unix'])\nreturn THROUGH",
    "connect to an abstract socket": "s = socket.socket(1, 1); s.connect('\\0' + T['abstract'])\n"
    "return THROUGH",
    "resolve a name": "socket.getaddrinfo('localhost.', 80, 0, 0, 0, 0)\n"
    "s = socket.socket(); return THROUGH",
    "write a file anywhere": (
        "for d in (T['folder'], '/tmp', '/var/tmp', '/dev/shm', '.', '/work', os.sep):\n"
        "    try: open(os.path.join(d, 'planted-' + T['token']), 'w').write('x')\n"
        "    except OSError: continue\n"
        "    return THROUGH\n"
        "return HELD"
    ),
    "plant a module beside numpy": (
        "import numpy\n"
        "d = os.path.dirname(os.path.dirname(numpy.__file__))\n"
        "open(os.path.join(d, 'planted_' + T['token'] + '.pth'), 'w')\nreturn THROUGH"
    ),
    "make a folder": "os.mkdir(os.path.join(T['folder'], 'd'))\nreturn THROUGH",
    "make a link": "os.symlink('/etc', os.path.join(T['folder'], 'l'))\nreturn THROUGH",
    "change rights of a file": "os.chmod(T['secret'], 0o777)\nreturn THROUGH",
    "fork": "pid = os.fork()\nif pid == 0: os._exit(0)\nreturn THROUGH",
    "start a thread": "import threading\nthreading.Thread(target=int).start()\nreturn THROUGH",
    "start a shell": "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'true'])\n"
    "return THROUGH",
    "become a shell": "os.execv('/usr/bin/env', ['env'])\nreturn THROUGH",
    "start a helper that is root's": "os.posix_spawn('/usr/bin/su', ['su', '-c', 'id'], {})\n"
    "return THROUGH",
    "outlive its job": ("if os.fork() == 0:\n    os.setsid()\n    os._exit(0)\nreturn THROUGH"),
    "leave its session": "os.setsid()\nreturn THROUGH",
    "enter the parent's namespaces": (
        "fd = os.open(f\"/proc/{T['pid']}/ns/mnt\", os.O_RDONLY)\n"
        "return THROUGH if call(308, fd, 0) == 0 else HELD"
    ),
    "add a key": "return THROUGH if call(248, b'user\\0', b'x\\0', b'v', 1, -2) >= 0 else HELD",
    "compare processes": "return THROUGH if call(312, os.getpid(), T['pid'], 0, 0, 1) >= 0 "
    "else HELD",
    "lower its niceness": "os.setpriority(os.PRIO_PROCESS, 0, -5)\nreturn THROUGH",
    "slow the others down": "os.setpriority(os.PRIO_PROCESS, T['pid'], 19)\nreturn THROUGH",
    "make memory files": "os.memfd_create('x')\nreturn THROUGH",
    "raise its own limits": (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nreturn THROUGH"
    ),
    "enter a new user namespace": "return THROUGH if C.unshare(0x10000000) == 0 else HELD",
    "mount": "return THROUGH if C.mount(b'none', b'/dev', b'tmpfs', 0, None) == 0 else HELD",
    "change the root": "os.chroot('/usr')\nreturn THROUGH",
    "become somebody else": "os.setuid(0 if os.getuid() else 1)\nreturn THROUGH",
    "list processes": "return THROUGH if any(p.isdigit() for p in os.listdir('/proc')) else HELD",
    "use io_uring": "return THROUGH if call(425, 4, ctypes.create_string_buffer(120)) >= 0 "
    "else HELD",
    "use keys": "return THROUGH if call(250, 0, -2, 1) >= 0 else HELD",
    "use bpf": "return THROUGH if call(321, 0, 0, 0) >= 0 or ctypes.get_errno() != 1 else HELD",
    "use performance counters": "return THROUGH if call(298, 0, 0, -1, -1, 0) >= 0 "
    "or ctypes.get_errno() != 1 else HELD",
    "use userfaultfd": "return THROUGH if call(323, 1) >= 0 else HELD",
    "open itself by pidfd": "return THROUGH if call(434, os.getpid(), 0) >= 0 else HELD",
    "change its prctl": "return THROUGH if C.prctl(1, 0, 0, 0, 0) == 0 else HELD",
    "lift the filter": "return THROUGH if C.prctl(22, 0, 0, 0, 0) == 0 else HELD",
    "call by the 32-bit numbers": "return THROUGH if call(0x40000000 + 39) >= 0 else HELD",
    "make the documents writable": (
        "import gc, mmap\n"
        "import numpy as np\n"
        "f = sys._getframe(1)\n"
        "while f:\n"
        "    for v in list(f.f_locals.values()):\n"
        "        b = getattr(v, '_buffer', None)\n"
        "    f = f.f_back\n"
        "for o in gc.get_objects():\n"
        "    if type(o) is mmap.mmap and len(o) > 2 * T['n_docs']:\n"
        "        a = np.frombuffer(o, np.uint8).ctypes.data\n"
        "        if C.mprotect(ctypes.c_void_p(a), 4096, 3) == 0: return THROUGH\n"
        "return HELD"
    ),
    "shrink the memory of the votes": (
        "ok = False\n"
        "for fd in range(256):\n"
        "    try: os.ftruncate(fd, 0); ok = True\n"
        "    except OSError: pass\n"
        "return THROUGH if ok else HELD"
    ),
    "escape by a module of a module": "import re\n"
    "re.enum.sys.modules['os'].popen('true').read()\nreturn THROUGH",
    "write by pandas": "import pandas as pd\n"
    "pd.DataFrame({'a': [1]}).to_csv(T['folder'] + '/p.csv')\nreturn THROUGH",
    "read by numpy": "import numpy as np\nnp.fromfile(T['secret'], np.uint8)\nreturn THROUGH",
    "read by arrow": "import pyarrow as pa\npa.memory_map(T['secret']).read()\nreturn THROUGH",
    "see the network": "return THROUGH if socket.if_nameindex() else HELD",
}


def source(name: str, target: str) -> str:
    """Return a module with one labeling function, ``attack``."""
    body = "\n".join("    " + line for line in ATTACKS[name].split("\n"))
    return PRELUDE.replace("{target!r}", repr(target)).replace("{body}", body)

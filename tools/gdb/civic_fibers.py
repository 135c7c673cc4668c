# civic_fibers.py - shows what suspended fibers wait for, in gdb.
#
#     (gdb) source tools/gdb/civic_fibers.py
#     (gdb) civic-fibers              a line for each live fiber
#     (gdb) civic-fibers bt           a backtrace of each
#     (gdb) civic-fibers bt 0x7f...   a backtrace of one
#
# Works on a running worker and on a core dump: it writes to nothing.  While
# a fiber is shown, an unwinder of our own takes the innermost frame of the
# thread and answers with the registers that the fiber left on its stack; gdb
# then walks on from there by itself.  Needs the debug information of fiber.c
# (ngx_http_civic_module.so built with -g, or its debug package).

import gdb
from gdb.unwinder import Unwinder

STATES = ("new", "running", "suspended", "on main", "ended")
AWAY = ("suspended", "on main")

# Order of civic_fiber_frame_t in fiber.c, behind the two control words.
FRAME = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")

# Order of gregs in <sys/ucontext.h> on x86-64.
GREGS = {"r12": 4, "r13": 5, "r14": 6, "r15": 7, "rbp": 10, "rbx": 11,
         "rsp": 15, "rip": 16}


def number(value):
    return int(value) & 0xFFFFFFFFFFFFFFFF


def static(name):
    """A static variable of fiber.c, whichever frame is selected."""
    symbol = gdb.lookup_static_symbol(name)
    if symbol is None:
        raise gdb.GdbError(
            "no symbol %s: the module is not loaded, or has no debug "
            "information" % name)
    return symbol.value()


def live_fibers():
    pool = static("civic_fiber_pools")
    while int(pool) != 0:
        fiber = pool["live"]
        while int(fiber) != 0:
            yield fiber
            fiber = fiber["next"]
        pool = pool["next"]


def state_of(fiber):
    index = int(fiber["state"])
    return STATES[index] if index < len(STATES) else "broken"


def saved_registers(fiber):
    fields = [field.name for field in fiber.dereference().type.fields()]

    if "sp" in fields:
        sp = number(fiber["sp"])
        word = gdb.lookup_type("unsigned long")
        words = gdb.Value(sp + 8).cast(word.pointer())
        saved = {name: number(words[i]) for i, name in enumerate(FRAME)}
        saved["rsp"] = sp + 8 * (1 + len(FRAME))
        return saved

    if gdb.selected_frame().architecture().name() != "i386:x86-64":
        raise gdb.GdbError("backtraces of fibers: x86-64 only")

    gregs = fiber["context"]["uc_mcontext"]["gregs"]
    return {name: number(gregs[i]) for name, i in GREGS.items()}


class FrameId(object):
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class FiberUnwinder(Unwinder):
    """Claims the thread's innermost frame while self.saved is set."""

    def __init__(self):
        super().__init__("civic-fibers")
        self.saved = None
        self.top = None

    def __call__(self, pending):
        if self.saved is None:
            return None

        sp = number(pending.read_register("rsp"))
        pc = number(pending.read_register("rip"))
        if (sp, pc) != self.top:
            return None

        # Below the fiber's frames, or gdb takes the stack for corrupt.
        info = pending.create_unwind_info(
            FrameId(gdb.Value(self.saved["rsp"] - 64), gdb.Value(pc)))

        # Of the same type as the register's own, which gdb insists on.
        for name, value in self.saved.items():
            register = pending.read_register(name)
            info.add_saved_register(
                name, gdb.Value(value).cast(register.type))

        return info

    def show(self, fiber):
        frame = gdb.newest_frame()
        self.top = (number(frame.read_register("rsp")),
                    number(frame.read_register("rip")))
        self.saved = saved_registers(fiber)
        gdb.invalidate_cached_frames()
        try:
            lines = gdb.execute("backtrace", to_string=True).splitlines()
        finally:
            self.saved = None
            gdb.invalidate_cached_frames()

        # The first is the thread's own, where the unwinder stood in.
        for line in lines[1:]:
            gdb.write(line + "\n")


unwinder = FiberUnwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)


class CivicFibers(gdb.Command):
    """civic-fibers [bt [ADDRESS]]: lists Civic's live fibers, or shows the
backtraces of those that are suspended."""

    def __init__(self):
        super().__init__("civic-fibers", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) > 2 or (words and words[0] != "bt"):
            raise gdb.GdbError("usage: civic-fibers [bt [ADDRESS]]")

        only = None
        if len(words) == 2:
            only = number(gdb.parse_and_eval(words[1]))

        count = 0
        for fiber in live_fibers():
            if only is not None and number(fiber) != only:
                continue
            count += 1
            self.show(fiber, bool(words))

        if only is not None and count == 0:
            raise gdb.GdbError("no live fiber at 0x%x" % only)
        if only is None:
            gdb.write("%d live fiber%s\n" % (count, "" if count == 1 else "s"))

    def show(self, fiber, backtrace):
        state = state_of(fiber)
        gdb.write("fiber 0x%x  %-9s  %s(0x%x)\n" % (
            number(fiber), state,
            fiber["fn"].format_string(address=False).strip("<>"),
            number(fiber["data"])))
        if backtrace and state in AWAY:
            unwinder.show(fiber)


CivicFibers()

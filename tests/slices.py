"""The statements of a lesson that a piece of it needs.

A whole lesson takes a minute to run; what stands above a control and is used by it, a
few seconds. For a notebook of controls, what only changes a thing, as `gan.fit` does,
gives no name a value and is left out: G draws noise then, and its picture follows a
slider as well.
"""

import ast
import symtable
import textwrap

CONTROLS = {
    "arithmetic_bench",
    "click_grid",
    "explore",
    "morph_player",
    "real_or_fake",
    "stepper",
    "write_number",
}
# Modules and functions that leave what they are given as it is.
READING = {"data", "plotting", "plt", "print", "widgets"}
FIXED = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def is_control(statement):
    """Says whether a statement shows a control."""
    call = getattr(statement, "value", None)
    if not (isinstance(statement, ast.Expr) and isinstance(call, ast.Call)):
        return False
    return ast.unparse(call.func).removeprefix("widgets.") in CONTROLS


def names(statement):
    """Returns the names that a statement gives a value, and those that it uses."""
    tables = [symtable.symtable(ast.unparse(statement), "lesson", "exec")]
    given = {
        symbol.get_name()
        for symbol in tables[0].get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
    # The table knows what is changed in place as given only.
    changed = {
        ast.unparse(node.target)
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign)
    }
    used = given & changed
    for node in ast.walk(statement):
        # What gives an item of a dict or an array a value, changes the whole.
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            given.add(ast.unparse(node.value))
    for table in tables:
        tables += table.get_children()
        used |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
    return given, used


def may_change(statement, things):
    """Says whether a statement hands one of the things to a call, or calls its method.

    What is defined is not called yet, and what reads a thing leaves it as it is.
    """
    if isinstance(statement, FIXED):
        return False
    for call in ast.walk(statement):
        if isinstance(call, ast.Call):
            owner = ast.unparse(call.func).split(".")[0]
            handed = {owner} if isinstance(call.func, ast.Attribute) else set()
            handed |= {part.id for part in call.args if isinstance(part, ast.Name)}
            if owner not in READING and handed & things:
                return True
    return False


def needed(statements, wanted=None):
    """Returns what a piece of a lesson needs of what stands above it.

    Args:
        statements: of the lesson, as `ast` parses them.
        wanted: names that the piece uses; what changes them is kept, too. When None,
            the pieces are the controls.

    Returns:
        Some of the statements, in their order.
    """
    known = [(statement, *names(statement)) for statement in statements]
    fixed = {  # no call changes a module, a function or a parameter
        name
        for statement, given, _ in known
        for name in given
        if isinstance(statement, FIXED) or name.isupper()
    }
    given_anywhere = {name for _, given, _ in known for name in given}
    late = set()  # what a function uses that gets its value below the function
    while True:
        kept, missing = [], set(wanted or ()) | late
        for statement, given, used in reversed(known):
            if wanted is None:
                piece = is_control(statement)
            else:
                piece = may_change(statement, missing - fixed)
            if piece or given & missing:
                kept.append(statement)
                missing = missing - given | used
        if missing & given_anywhere <= late:
            return kept[::-1]
        late |= missing & given_anywhere


def show_controls(name, code):
    """Returns a cell that shows the controls of a lesson.

    It is one function, so that several lessons keep their names apart in one kernel.
    """
    lines = [
        f"display({ast.unparse(statement)})"
        if is_control(statement)
        else ast.unparse(statement)
        for statement in needed(ast.parse(code).body)
    ]
    body = textwrap.indent("\n".join(lines), "    ")
    return f"def {name}():\n{body}\n\n\n{name}()"

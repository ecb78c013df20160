"""Trees without their spans, as short texts that tests compare; and the errors of a text as short lines."""

from fractions import Fraction

from netspec.diagnostics import SpecError
from netspec.language import tree
from netspec.language.parse import parse
from netspec.layers.arguments import PerAxis
from netspec.records import fields
from netspec.source import Source, Span


def expression(expr):
    match expr:
        case tree.Literal(value=bool() as value):
            return str(value).lower()
        case tree.Literal(value=str() as value):
            return f'"{value}"'
        case tree.Literal(value=value):
            assert isinstance(value, (int, Fraction, PerAxis))
            return str(value)
        case tree.Name(name=name):
            return name
        case tree.Incoming(axis=axis):
            return f"in.{axis}"
        case tree.Listing(items=items):
            return f"[{', '.join(map(expression, items))}]"
        case tree.Operation(operator=operator, operands=operands):
            return f"({' '.join([operator, *map(expression, operands)])})"
        case tree.Apply(function=function, arguments=arguments):
            return f"{function}({', '.join(map(argument, arguments))})"
    raise AssertionError(expr)


def argument(each):
    return expression(each.value) if each.name is None else f"{each.name}={expression(each.value)}"


def chain(body):
    return " / ".join(" - ".join(map(item, line)) for line in body.lines)


def item(node):
    match node:
        case tree.Word(text=text):
            return text
        case tree.Call(name=name, arguments=arguments):
            return f"{name}({', '.join(map(argument, arguments))})"
        case tree.Branching(head=head, branches=branches):
            return f"{item(head)}<{' | '.join(map(chain, branches))}>"
        case tree.Reference(name=name):
            return f"@{name}"
        case tree.Group(body=body):
            return f"{{{chain(body)}}}"
        case tree.Repeat(count=count, item=repeated):
            return f"{expression(count)}*{item(repeated)}"
        case tree.Named(item=named, name=name):
            return f"{item(named)} as {name}"
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            end = "" if otherwise is None else f" else {{{chain(otherwise)}}}"
            return f"if {expression(condition)} {{{chain(then)}}}{end}"
        case tree.Each(names=names, values=values, body=body):
            return f"each {', '.join(name for name, _ in names)} in {expression(values)} {{{chain(body)}}}"
        case tree.Output(name=name, body=body):
            return f"output {name} {{{chain(body)}}}"
    return statement(node)


def statement(node):
    match node:
        case tree.Version(number=number):
            return f"netspec {number}"
        case tree.Input(name=name, shape=shape):
            return f"input {name} {shape.text}"
        case tree.Define(keyword=keyword, name=name, value=value):
            return f"{keyword} {name} = {expression(value)}"
        case tree.Default(call=call):
            return f"default {item(call)}"
        case tree.Block(name=name, parameters=parameters, body=body):
            listed = [each.name + (f"={expression(each.default)}" if each.default else "") for each in parameters]
            return f"block {name}({', '.join(listed)}) {{{chain(body)}}}"
        case tree.Use(path=path):
            return f"use {path}"
        case tree.Share(name=name, body=body):
            return f"share {name} {{{chain(body)}}}"
        case tree.Assert(condition=condition, message=message):
            return f"assert {expression(condition)}, {message}"
        case tree.Train(settings=settings):
            return f"train {{{'; '.join(map(setting, settings))}}}"
    raise AssertionError(node)


def setting(each):
    if isinstance(each.value, tree.Chain):
        return f"{each.name} {{{chain(each.value)}}}"
    if isinstance(each.value, tuple):
        return f"{each.name} {{{', '.join(f'{name}: {expression(value)}' for name, _, value in each.value)}}}"
    return f"{each.name} = {expression(each.value)}"


def read(text):
    """The chain of a text as a short text: ` / ` where a line ends, an operation as `(+ a b)`."""
    return chain(parse(Source(text)).chain)


def errors(text):
    """Every error of a text: code, title, and what stands at each label."""
    try:
        parse(Source(text))
    except SpecError as error:
        return [said(diagnostic) for diagnostic in error.diagnostics]
    return []


def said(diagnostic):
    """`E100 12-13: title | what the label says | the next label | help: …`, places as offsets."""
    labels = [f"{label.span.start}-{label.span.end} {label.text}".rstrip() for label in diagnostic.labels]
    parts = [f"{diagnostic.code}: {diagnostic.title}", *labels, *diagnostic.notes]
    return " | ".join(parts + [f"help: {help.text}" for help in diagnostic.helps])


def nodes(node):
    """A node and all nodes in it."""
    if hasattr(node, "__fields__") and not isinstance(node, (Span, Source)):
        yield node
        for field in fields(node):
            yield from nodes(getattr(node, field.name))
    elif isinstance(node, tuple):
        for each in node:
            yield from nodes(each)

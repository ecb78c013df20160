"""A whole spec: its statements, inputs, parameters, used files, recipe and outputs, around the expansion of chains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from netspec.diagnostics import Diagnostic, Help, Label, SpecError, nearest
from netspec.elaborate import inputs
from netspec.elaborate.expand import Expander
from netspec.elaborate.files import used_file
from netspec.elaborate.names import given_names
from netspec.elaborate.place import NOTHING, Nodes, TooMany
from netspec.elaborate.scope import Defaults, Frame, Module, Shared
from netspec.graph import Graph
from netspec.language import tree
from netspec.language.evaluate import BadExpression, evaluate
from netspec.layers import TABLE
from netspec.layers.arguments import Value, arguments_of, show
from netspec.source import Span


class Program:
    """Runs the statements of one spec. `shapes` are the inputs given from outside, `given` the parameters."""

    def __init__(
        self, spec: tree.Tree, shapes: Mapping[str | None, str], given: Mapping[str, Value], limit: int
    ) -> None:
        self.spec = spec
        self.shapes = dict(shapes)
        recipe = "train."
        self.given = {name: value for name, value in given.items() if not name.startswith(recipe)}
        self.settings = {
            name.removeprefix(recipe): str(value) for name, value in given.items() if name not in self.given
        }
        self.parameters: dict[str, Value] = {}
        self.nodes = Nodes(limit)
        self.module = Module()
        self.expander = Expander(self.nodes)
        self.expander.statement = self.statement
        self.expander.implicit_input = partial(inputs.implicit, self)
        self.frame = Frame(self.module, self.module.values, taken=given_names(spec.chain))
        self.declared = [item for item in spec.chain.items if isinstance(item, tree.Input)]
        self.recipe: tree.Train | None = None
        self.train: Mapping[str, Any] = {}
        self._files: list[Span] = []
        self._statements: dict[type, Callable[..., int]] = {
            tree.Version: self.version,
            tree.Input: partial(inputs.declare, self),
            tree.Define: self.parameter,
            tree.Default: self.default,
            tree.Block: self.defined,
            tree.Share: self.defined,
            tree.Use: self.defined,
            tree.Train: self.training,
        }

    def run(self) -> Graph:
        """The graph. Raises SpecError with everything found."""
        try:
            self.collect(self.spec.chain, self.module)
            flow = self.expander.chain(self.spec.chain, self.frame, NOTHING)
            self.finish(flow)
        except TooMany:
            pass
        if self.nodes.failed:
            raise SpecError(self.nodes.findings)
        outputs = {name: number for name, (number, _) in self.expander.outputs.items()}
        return Graph(
            self.name(),
            tuple(self.nodes.made),
            self.expander.inputs,
            outputs,
            self.parameters,
            self.train,
            self.spec.source,
            tuple(self.nodes.findings),
        )

    def name(self) -> str:
        """The network's name: its file's, else none."""
        path = self.spec.source.path
        return path.stem if path is not None else ""

    # Definitions, wherever in the file they stand

    def collect(self, chain: tree.Chain, module: Module) -> None:
        """Blocks, shared chains and those of used files; they may be used before they stand."""
        for item in chain.items:
            if isinstance(item, tree.Use):
                self.use(item, module)
            elif isinstance(item, tree.Block) and self.new_name(item.name, item.name_span, module):
                module.blocks[item.name] = (item, module)
            elif isinstance(item, tree.Share) and self.new_name(item.name, item.name_span, module):
                module.shares[item.name] = (Shared(item), module)

    def new_name(self, name: str, span: Span, module: Module) -> bool:
        """Whether a block or share may be called so; reports E109 and E124."""
        if name in TABLE:
            label = Label(span, f"`{name}` is a layer")
            self.nodes.report(Diagnostic("E124", f"a block can't be called `{name}`", (label,)))
            return False
        if name in module.places and module.places[name].source is span.source:
            labels = (Label(span, "defined again here"), Label(module.places[name], "defined here first"))
            self.nodes.report(Diagnostic("E109", f"`{name}` is defined twice", labels))
            return False
        module.places[name] = span
        return True

    def use(self, item: tree.Use, module: Module) -> None:
        """Bring in the blocks of another file."""
        try:
            spec = used_file(item, self.spec.source, self._files)
        except SpecError as error:
            self.expander.unread = True
            for diagnostic in error.diagnostics:
                self.nodes.report(diagnostic)
            return
        other = Module()
        self._files.append(item.path_span)
        self.collect(spec.chain, other)
        self._files.pop()
        self.define_values(spec.chain, other)
        module.blocks.update(other.blocks)
        module.shares.update(other.shares)

    def define_values(self, chain: tree.Chain, module: Module) -> None:
        """The parameters (with their own defaults), lets and defaults of a used file."""
        frame = Frame(module, module.values)
        for item in chain.items:
            try:
                if isinstance(item, tree.Define):
                    module.values[item.name] = evaluate(item.value, module.values)
                elif isinstance(item, tree.Default):
                    self.default(item, frame, NOTHING)
            except BadExpression as bad:
                self.expander.fail(bad.diagnostic, frame)

    # Statements, in the order of the file

    def statement(self, item: tree.Item, frame: Frame, flow: int) -> int:
        """One statement of the spec itself; inside blocks and branches there are none."""
        handler = self._statements.get(type(item))
        assert handler is not None, type(item)
        if frame is not self.frame or self.expander.depth > 1:
            word = item.span.text.split(maxsplit=1)[0]
            title = f"`{word}` stands at the top of a file, not inside brackets"
            return self.expander.fail(Diagnostic("E122", title, (Label(item.span),)), frame)
        try:
            return handler(item, frame, flow)
        except BadExpression as bad:
            self.expander.fail(bad.diagnostic, frame)
            self.expander.broken.add(getattr(item, "name", ""))
            return flow

    def defined(self, item: tree.Item, frame: Frame, flow: int) -> int:
        """Blocks, shares and uses were collected before."""
        return flow

    def version(self, item: tree.Version, frame: Frame, flow: int) -> int:
        """`netspec 1`."""
        if item.number != 1:
            title = f"this spec is written in version {item.number} of the language, and version 1 is known"
            self.nodes.report(Diagnostic("E011", title, (Label(item.span),)))
        elif item is not self.spec.chain.items[0]:
            self.nodes.report(Diagnostic("E122", "`netspec 1` is the first line of a file", (Label(item.span),)))
        return flow

    def parameter(self, item: tree.Define, frame: Frame, flow: int) -> int:
        """`param name = value`: the value given from outside, else its default."""
        value = evaluate(item.value, frame.values)
        if item.name in frame.values:
            first = self.module.places.get(f"param {item.name}")
            labels = (
                Label(item.name_span, "defined again here"),
                *((Label(first, "defined here first"),) if first else ()),
            )
            self.expander.fail(Diagnostic("E109", f"`{item.name}` is defined twice", labels), frame)
        if item.name in self.given:
            given = self.given.pop(item.name)
            if isinstance(given, bool) != isinstance(value, bool):
                title = f"`{item.name}` is {show(value)} in the spec and can't be {show(given)}"
                self.expander.fail(Diagnostic("E106", title, (Label(item.value.span, "its default"),)), frame)
            else:
                value = given
        self.module.places[f"param {item.name}"] = item.name_span
        frame.values[item.name] = self.parameters[item.name] = value
        return flow

    def default(self, item: tree.Default, frame: Frame, flow: int) -> int:
        """`default conv(bias=false)`."""
        call = item.call
        if call.name not in TABLE:
            guess = nearest(call.name, TABLE)
            label = Label(call.name_span, f"did you mean `{guess}`?" if guess else "")
            return self.expander.fail(Diagnostic("E102", f"there is no layer `{call.name}`", (label,)), frame)
        from netspec.layers import layer_class

        accepted = {each.name: each.kind for each in arguments_of(layer_class(call.name))}
        values: dict[str, Value] = {}
        for argument in call.arguments:
            if argument.name not in accepted:
                what = (
                    f"`{call.name}` has no argument `{argument.name}`"
                    if argument.name
                    else "defaults are given by name"
                )
                guess = nearest(argument.name or "", accepted)
                label = Label(argument.span, f"did you mean `{guess}`?" if guess else "")
                return self.expander.fail(Diagnostic("E104", what, (label,)), frame)
            kind = accepted[argument.name]
            value = evaluate(argument.value, frame.values, words=kind.words)
            if kind.read(value) is None:
                title = f"`{argument.name}` of `{call.name}` takes {kind.says}, not {show(value)}"
                return self.expander.fail(Diagnostic("E106", title, (Label(argument.value.span),)), frame)
            values[argument.name] = value
        frame.module.defaults.setdefault(call.name, Defaults()).add(item.span.start, values)
        return flow

    def training(self, item: tree.Train, frame: Frame, flow: int) -> int:
        """`train { … }`: read at the end, when the outputs are known."""
        if self.recipe is not None:
            labels = (Label(item.span, "again here"), Label(self.recipe.span, "first here"))
            self.nodes.report(Diagnostic("E109", "there are two `train` sections", labels))
        self.recipe = item
        return flow

    # The end

    def finish(self, flow: int) -> None:
        """Outputs, recipe, and what was given but not asked for."""
        if flow == NOTHING and not self.expander.outputs and not self.nodes.failed:
            if not self.nodes.made:
                title = "there is no network in this spec"
                labels = (Label(self.spec.chain.span),) if self.spec.chain.items else ()
                self.nodes.report(
                    Diagnostic(
                        "E123", title, labels, (), (Help("a network is a chain such as `1x28x28-20C5-MP2-10N`"),)
                    )
                )
            else:
                self.nodes.report(Diagnostic("E115", "nothing flows out of this spec: the last chain ends nowhere"))
        if flow >= 0:
            self.expander.outputs["main"] = (flow, self.nodes.made[flow].origin.span)
        self.refuse_leftovers()
        if self.recipe is not None or self.settings:
            self.read_recipe()
        if not self.nodes.failed:
            self.warn_unused()

    def read_recipe(self) -> None:
        """The `train` section as checked data, with the settings given from outside."""
        from netspec.recipe import overridden, read_recipe

        try:
            recipe = overridden(self.recipe, self.settings, self.spec.chain.span)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                self.nodes.report(diagnostic)
            return
        assert recipe is not None  # this is called where there is a section or a setting
        self.train, findings = read_recipe(recipe, tuple(self.expander.outputs), self.module.values)
        for finding in findings:
            self.nodes.report(finding)

    def refuse_leftovers(self) -> None:
        """E113 for parameters, E130 for inputs, that the spec does not have."""
        for name in self.given:
            guess = nearest(name, self.parameters)
            known = ", ".join(f"`{each}`" for each in self.parameters)
            text = (
                f"did you mean `{guess}`?" if guess else f"its parameters: {known}" if known else "it has no parameters"
            )
            self.nodes.report(Diagnostic("E113", f"this spec has no parameter `{name}`", helps=(Help(text),)))
        for key in self.shapes:
            if key is None and len(self.declared) <= 1:
                continue  # an error kept the input from being made
            names = ", ".join(f"`{name}`" for name in self.expander.inputs)
            what = (
                f"this spec has no input `{key}`" if key else "this spec has several inputs, so say which one is given"
            )
            self.nodes.report(Diagnostic("E130", what, helps=(Help(f"its inputs: {names}"),) if names else ()))

    def warn_unused(self) -> None:
        """W002 for values that nothing uses: the end of a chain that the next `@` drops."""
        used = {number for node in self.nodes.made for number in node.inputs}
        used.update(number for number, _ in self.expander.outputs.values())
        for node in self.nodes.made:
            if node.number in used:
                continue
            title = (
                f"`{node.name}` is computed, and nothing uses it" if node.inputs else f"input `{node.name}` is not used"
            )
            self.nodes.report(Diagnostic("W002", title, (Label(node.origin.span, str(node.shape)),)))

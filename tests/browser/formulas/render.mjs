// Reads [formula, ...] from standard input; writes [{mathml} or {error}, ...].
import katex from "katex";
import { text } from "node:stream/consumers";

const settings = {
  displayMode: true,
  output: "mathml",
  strict: "error", // a line break that does nothing is a backslash too many
  throwOnError: true,
};

function render(formula) {
  try {
    return { mathml: katex.renderToString(formula, settings) };
  } catch (error) {
    return { error: error.message };
  }
}

const formulas = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(formulas.map(render)));

// Reads a JSON list of charts from standard input, and prints for each its kind, or what Mermaid says is wrong.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.LOADLINE_TOOLS, "package.json"));
const { JSDOM } = require("jsdom");
const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
const folder = join(process.env.LOADLINE_TOOLS, "node_modules/mermaid/dist/mermaid.core.mjs");
const { default: mermaid } = await import(pathToFileURL(folder));

const kinds = [];
for (const chart of JSON.parse(readFileSync(0, "utf8"))) {
  kinds.push(
    await mermaid.parse(chart).then(
      (parsed) => parsed.diagramType,
      (error) => `wrong: ${error.message}`,
    ),
  );
}
console.log(JSON.stringify(kinds));

// Writes the expected values into cases.json; README.md says how it is run.

const fs = require("fs");
const CSL = require("citeproc");
const { Cite } = require("@citation-js/core");
require("@citation-js/plugin-bibtex");
require("@citation-js/plugin-ris");

const [, , file, styles, locale] = process.argv;
const cases = JSON.parse(fs.readFileSync(file, "utf8"));
const text = (path) => fs.readFileSync(path, "utf8");

/** A citation processor that knows one item. */
function processor(style, item) {
  const system = { retrieveLocale: () => text(locale), retrieveItem: () => item };
  const engine = new CSL.Engine(system, text(`${styles}/${style}.csl`), "en-US", true);
  engine.setOutputFormat("text");
  engine.updateItems([item.id]);
  return engine;
}

/** What citation-js reads in a file, as far as a file of this kind can say it. */
function read(words) {
  return new Cite(words).data.map(({ title, author, issued, URL, note, ...rest }) => (
    { title, author, issued, URL, note, id: rest.id ?? rest["citation-key"] }));
}

for (const one of cases) {
  const item = { id: "one", ...one.csl };
  const cite = { citationItems: [{ id: "one", ...one.locator }], properties: { noteIndex: 1 } };
  one.chicago = processor("chicago-notes-bibliography", item).previewCitationCluster(cite, [], [], "text");
  one.apa = processor("apa", item).makeBibliography()[1].join("").trim();
  if (one.bibtex) [one.bibtex_read] = read(one.bibtex);
  if (one.ris) [one.ris_read] = read(one.ris);
}
fs.writeFileSync(file, JSON.stringify(cases, null, 1) + "\n");

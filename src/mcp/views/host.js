// What every view shares: its connection to the host (the App of @modelcontextprotocol/ext-apps) and how it writes.

/** Text from anywhere with whatever moves, hides or is unseen as its number: src/text/visible-text.ts, whose pattern it is. */
export const visible = (text) =>
  text.replaceAll(
    new RegExp(unseenInLines, 'gu'),
    (_, proper, hidden) =>
      proper ??
      `⟨U+${[...hidden].map((one) => one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')).join(' ')}⟩`,
  );

/** An element with text inside, never markup: what is shown may come from anywhere. */
export function element(tag, attributes = {}, ...children) {
  const made =
    tag === 'svg' || attributes.svg
      ? document.createElementNS('http://www.w3.org/2000/svg', tag)
      : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) if (key !== 'svg') made.setAttribute(key, value);
  made.append(...children.map((child) => (child instanceof Node ? child : visible(String(child)))));
  return made;
}

export const show = (...nodes) => document.getElementById('view').replaceChildren(...nodes);

/** The text that a host without views would have shown. */
export const showText = (result) =>
  show(...(result.content ?? []).filter(({ text }) => text).map(({ text }) => element('p', { class: 'text' }, text)));

/** Calls `render` with the data of each result. A failed call, or one without data, is shown as its text. */
export async function connect(name, render) {
  const app = new App({ name, version: '1.0.0' });
  app.addEventListener('toolresult', (result) => {
    if (result.isError || result.structuredContent === undefined) showText(result);
    else render(result.structuredContent, app);
  });
  app.addEventListener('hostcontextchanged', dress);
  await app.connect();
  dress(app.getHostContext());
}

function dress(context) {
  if (context?.theme) applyDocumentTheme(context.theme);
  if (context?.styles?.variables) applyHostStyleVariables(context.styles.variables);
}

/** A resource of the server as text; undefined where the host passes no such request on, or it cannot be read. */
export async function readResource(app, uri) {
  try {
    return (await app.readServerResource({ uri })).contents[0]?.text;
  } catch {
    return undefined;
  }
}

// Speaks MCP Apps (protocol 2026-01-26) with the host that shows this view: JSON-RPC over postMessage.
const waiting = new Map();
let nextId = 0;

const post = (message) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');

export function request(method, params) {
  const id = ++nextId;
  post({ id, method, params });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

/** Calls `render` with each result's data, and tells the host how tall the view is. */
export async function connect(name, render) {
  const show = (result) => {
    render(result.structuredContent ?? {}, result);
    const { width, height } = document.documentElement.getBoundingClientRect();
    post({ method: 'ui/notifications/size-changed', params: { width: Math.ceil(width), height: Math.ceil(height) } });
  };
  window.addEventListener('message', ({ data, source }) => {
    if (source !== window.parent || data?.jsonrpc !== '2.0') return;
    if (data.method === undefined) {
      const answer = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error) answer?.reject(new Error(data.error.message));
      else answer?.resolve(data.result);
    } else if (data.method === 'ui/notifications/tool-result') show(data.params);
    else if (data.method === 'ui/notifications/host-context-changed') applyTheme(data.params);
    else if (data.id !== undefined) post({ id: data.id, result: {} });
  });
  const { hostContext } = await request('ui/initialize', {
    appInfo: { name, version: '1.0.0' },
    appCapabilities: {},
    protocolVersion: '2026-01-26',
  });
  applyTheme(hostContext);
  post({ method: 'ui/notifications/initialized', params: {} });
}

function applyTheme(context) {
  if (context?.theme) document.documentElement.style.colorScheme = context.theme;
}

/** An element with text inside, never markup: what is shown may come from anywhere. */
export function element(tag, attributes = {}, ...children) {
  const made =
    tag === 'svg' || attributes.svg
      ? document.createElementNS('http://www.w3.org/2000/svg', tag)
      : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) if (key !== 'svg') made.setAttribute(key, value);
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

export const root = () => document.getElementById('view');

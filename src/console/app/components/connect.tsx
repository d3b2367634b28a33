import type { Status } from '../../../http/status-routes.ts';
import { sessionKey } from '../api/session-key.ts';
import { Copyable } from './copyable.tsx';
import { Section } from './section.tsx';

const example = 'purge everything tagged black-friday on staging';
const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** Configurations to copy, with this server's own address and this program's own path. */
export function Connect({ status, model }: { status: Status; model: string }) {
  const origin = location.origin;
  // Where this tab needed a key, every client does; the key itself is not shown.
  const key = sessionKey.get() === undefined ? undefined : 'YOUR-KEY';
  const headers = key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } };
  const [command, ...args] = status.command;
  const stdio = { command, args: [...args, 'mcp'], env: { FTS_HOME: status.home } };
  const message = { model, messages: [{ role: 'user', content: example }] };
  return (
    <Section title="Connect" wide>
      <div className="columns">
        <Copyable
          title="Claude Desktop"
          note="claude_desktop_config.json; Claude starts the program itself"
          text={json({ mcpServers: { 'fts-mcp-server': stdio } })}
        />
        <Copyable
          title="VS Code"
          note=".vscode/mcp.json"
          text={json({ servers: { 'fts-mcp-server': { type: 'http', url: `${origin}/mcp`, ...headers } } })}
        />
        <Copyable
          title="Cursor"
          note=".cursor/mcp.json"
          text={json({ mcpServers: { 'fts-mcp-server': { url: `${origin}/mcp`, ...headers } } })}
        />
        <Copyable
          title="OpenAI client"
          note={`Base URL ${origin}/v1; any key will do${key === undefined ? '' : ' that has the scope'}`}
          text={[
            `curl ${origin}/v1/chat/completions -H 'content-type: application/json' \\`,
            ...(key === undefined ? [] : [`  -H 'authorization: Bearer ${key}' \\`]),
            `  -d '${JSON.stringify(message)}'`,
          ].join('\n')}
        />
        <Copyable
          title="Ollama client"
          note="npm install ollama"
          text={[
            "import { Ollama } from 'ollama';",
            `const ollama = new Ollama(${json({ host: origin, ...headers }).replaceAll(/\s+/g, ' ')});`,
            `const { message } = await ollama.chat(${json(message).replaceAll(/\s+/g, ' ')});`,
            'console.log(message.content);',
          ].join('\n')}
        />
      </div>
    </Section>
  );
}

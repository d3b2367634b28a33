import pc from 'picocolors';

/** What to open or call once the server is up. */
export function serverUrls(url: string): string {
  const rows: [string, string][] = [
    ['Console', `${url}/`],
    ['MCP', `${url}/mcp   or over stdio: fts mcp`],
    ['OpenAI API', `${url}/v1`],
    ['Ollama API', url],
  ];
  return rows.map(([name, address]) => `${pc.bold(name.padEnd(12))}${address}`).join('\n');
}

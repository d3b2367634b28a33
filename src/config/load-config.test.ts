import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryHome } from '../../testing/temporary-home.ts';
import { loadConfig } from './load-config.ts';

function configFile(content: string): string {
  const file = join(temporaryHome(), 'config.json');
  writeFileSync(file, content);
  return file;
}

it('lets flags win over environment, environment over file, file over default', () => {
  const file = configFile('{"server.port": 1111, "server.host": "::1", "threads": 3}');
  const { values, origins } = loadConfig({
    file,
    environment: { FTS_SERVER_PORT: '2222', FTS_THREADS: '4' },
    flags: { 'server.port': '3333' },
  });
  expect(values).toMatchObject({ 'server.port': 3333, 'server.host': '::1', threads: 4, 'log.level': 'warn' });
  expect(origins).toMatchObject({
    'server.port': { from: 'flag' },
    'server.host': { from: 'file', name: file },
    threads: { from: 'environment', name: 'FTS_THREADS' },
    'log.level': { from: 'default' },
  });
});

it('names the variable that holds a wrong value', () => {
  expect(() => loadConfig({ file: 'none', environment: { FTS_SERVER_PORT: 'http' }, flags: {} })).toThrow(
    /FTS_SERVER_PORT/,
  );
});

it('refuses a setting that does not exist', () => {
  expect(() => loadConfig({ file: configFile('{"server.prot": 1}'), environment: {}, flags: {} })).toThrow(
    'Unknown setting "server.prot"',
  );
});

it('says which file is not JSON', () => {
  const file = configFile('{');
  expect(() => loadConfig({ file, environment: {}, flags: {} })).toThrow(file);
});

import { describe, expect, it } from 'vitest';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import { findOperation } from '../../operations/find-operation.ts';
import type { ResourceCall } from '../resources/resource.ts';
import { viewMimeType, viewOf, viewResources } from './views.ts';

describe('the views inside a chat', () => {
  it('belong to results that a picture makes clearer', () => {
    expect(viewOf(findOperation('akamai.apply'))).toBe('ui://fts/change-plan');
    expect(viewOf(findOperation('akamai.purge'))).toBe('ui://fts/change-plan');
    expect(viewOf(findOperation('runs.show'))).toBe('ui://fts/loss-curve');
    expect(viewOf(findOperation('benchmark'))).toBe('ui://fts/job');
    expect(viewOf(findOperation('jobs.show'))).toBe('ui://fts/job');
    expect(viewOf(findOperation('jobs.list'))).toBeUndefined();
  });

  it('are whole pages that load nothing and write no markup from data', async () => {
    for (const view of viewResources(temporaryServices())) {
      const content = await view.read({} as ResourceCall);
      const html = 'text' in content ? content.text : '';
      expect(view.mimeType).toBe(viewMimeType);
      expect(html.match(/<script/g)).toEqual(['<script']);
      // After the library come our own scripts.
      const own = html.slice(html.indexOf('const consoleUrl'));
      expect(own).toContain('connect(');
      expect(own).not.toMatch(/\b(src|href)=|innerHTML|outerHTML|document\.write|^export /m);
      expect(view.meta).toMatchObject({ ui: { csp: { connectDomains: [], resourceDomains: [] } } });
    }
  });
});

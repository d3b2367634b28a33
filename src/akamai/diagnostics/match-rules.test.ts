import { describe, expect, it } from 'vitest';
import type { Feature, Rule } from '../properties/rule-outline.ts';
import { lastWord, matchRules } from './match-rules.ts';

const criterion = (name: string, options: Record<string, unknown>): Feature => ({ name, options });
const rule = (
  name: string,
  criteria: Feature[],
  behaviors: string[],
  children: Rule[] = [],
  how: 'all' | 'any' = 'all',
): Rule => ({
  name,
  criteria,
  criteriaMustSatisfy: how,
  behaviors: behaviors.map((behavior) => ({ name: behavior, options: {} })),
  children,
});
const verdicts = (root: Rule, url: string, headers = {}) =>
  matchRules(root, { url: new URL(url), method: 'GET', headers }).map(
    (one) => `${one.rule.split(' › ').at(-1)} ${one.verdict}`,
  );

describe('matching rules against a URL', () => {
  it.each([
    ['path', { matchOperator: 'MATCHES_ONE_OF', values: ['/api/*'] }, 'https://x.com/api/v1', 'yes'],
    ['path', { matchOperator: 'DOES_NOT_MATCH_ONE_OF', values: ['/api/*'] }, 'https://x.com/api/v1', 'no'],
    ['path', { matchOperator: 'MATCHES_ONE_OF', values: ['/a?c'] }, 'https://x.com/abc', 'yes'],
    ['fileExtension', { matchOperator: 'IS_ONE_OF', values: ['JS'] }, 'https://x.com/a.js', 'yes'],
    ['fileExtension', { matchOperator: 'IS_ONE_OF', values: ['js'] }, 'https://x.com/a.js/b', 'no'],
    ['hostname', { matchOperator: 'IS_ONE_OF', values: ['*.x.com'] }, 'https://www.x.com/', 'yes'],
    ['requestProtocol', { value: 'HTTP' }, 'https://x.com/', 'no'],
    ['requestMethod', { matchOperator: 'IS', value: 'GET' }, 'https://x.com/', 'yes'],
    ['queryStringParameter', { parameterName: 'q', matchOperator: 'EXISTS' }, 'https://x.com/?q=', 'yes'],
    ['queryStringParameter', { parameterName: 'q', matchOperator: 'DOES_NOT_EXIST' }, 'https://x.com/?q=1', 'no'],
    ['requestHeader', { headerName: 'X-A', matchOperator: 'EXISTS' }, 'https://x.com/', 'depends'],
    ['clientIp', { matchOperator: 'IS_ONE_OF', values: ['192.0.2.1'] }, 'https://x.com/', 'depends'],
  ])('%s %j of %s: %s', (name, options, url, expected) => {
    const found = verdicts(rule('default', [], [], [rule('r', [criterion(name, options)], [])]), url);
    expect(found[1] ?? 'r no').toBe(`r ${expected}`);
  });

  it('joins conditions with all or any, and hands doubts down to children', () => {
    const yes = criterion('path', { values: ['/*'] });
    const no = criterion('path', { values: ['/no'] });
    const maybe = criterion('clientIp', { values: [] });
    const tree = rule(
      'default',
      [],
      ['a'],
      [
        rule('all yes+no', [yes, no], []),
        rule('all yes+maybe', [yes, maybe], [], [rule('child', [yes], ['a'])]),
        rule('any no+maybe', [no, maybe], [], [], 'any'),
        rule('any yes+maybe', [maybe, yes], [], [], 'any'),
      ],
    );
    expect(verdicts(tree, 'https://x.com/a')).toEqual([
      'default yes',
      'all yes+maybe depends',
      'child depends',
      'any no+maybe depends',
      'any yes+maybe yes',
    ]);
    const matched = matchRules(tree, { url: new URL('https://x.com/a'), method: 'GET', headers: {} });
    expect(lastWord(matched).get('a')).toMatchObject({
      rule: 'default › all yes+maybe › child',
      dependsOn: ['clientIp'],
    });
  });

  it('takes time in proportion to the text for patterns with many stars', () => {
    const pattern = `${'*a'.repeat(40)}b`;
    const tree = rule('default', [], [], [rule('r', [criterion('path', { values: [pattern] })], [])]);
    expect(verdicts(tree, `https://x.com/${'a'.repeat(5000)}`)).toEqual(['default yes']);
  });

  it('does not fail on a malformed path', () => {
    expect(
      verdicts(
        rule('default', [], [], [rule('r', [criterion('path', { values: ['/*'] })], [])]),
        'https://x.com/%E0%A4%A',
      ),
    ).toHaveLength(2);
  });
});

import type { Language, Languages } from './language.ts';
import { type Pattern, parsePattern, refused } from './pattern-syntax.ts';

/**
 * The language of all strings in which `source`, an ECMAScript pattern, finds a match: what JSON Schema's `pattern`
 * means. Lookahead and anchors are honoured; lookbehind, `\b` and back references are refused by name.
 */
export function searchLanguage(languages: Languages, source: string): Language {
  const pattern = parsePattern(source);
  const builder = new Builder(languages, source);
  const atStart = builder.build(pattern, languages.all, true);
  if (startsAtStart(pattern)) return atStart;
  const later = builder.build(pattern, languages.all, false);
  return languages.or(atStart, languages.sequence(languages.anyChar, languages.all, later));
}

/** The language of the strings that `source` matches as a whole. */
export function wholeLanguage(languages: Languages, source: string): Language {
  return new Builder(languages, source).build(parsePattern(source), languages.empty, true);
}

/**
 * Builds right to left: each part gets the language of all that may follow it up to the end of the string, so that `$`
 * and lookahead, which judge what follows, are intersections with it.
 */
class Builder {
  private readonly languages: Languages;
  private readonly source: string;

  constructor(languages: Languages, source: string) {
    this.languages = languages;
    this.source = source;
  }

  build(pattern: Pattern, after: Language, atStart: boolean): Language {
    const { languages } = this;
    switch (pattern.kind) {
      case 'chars':
        return languages.concat(languages.chars(pattern.ranges), after);
      case 'choice':
        return languages.or(...pattern.options.map((option) => this.build(option, after, atStart)));
      case 'sequence':
        return this.sequence(pattern.parts, after, atStart);
      case 'start':
        return atStart ? after : languages.nothing;
      case 'end':
        return after.nullable ? languages.empty : languages.nothing;
      case 'ahead': {
        const seen = this.build(pattern.item, languages.all, atStart);
        return languages.and(pattern.negative ? languages.not(seen) : seen, after);
      }
      case 'repeat':
        return this.repeat(pattern.item, pattern.min, pattern.max, after, atStart);
    }
  }

  private sequence(parts: readonly Pattern[], after: Language, atStart: boolean): Language {
    const starts: boolean[] = [];
    let here = atStart;
    for (const part of parts) {
      starts.push(here);
      if (here && mayBeEmpty(part) && !isAssertion(part)) {
        const later = parts.slice(starts.length).some(hasStart);
        if (later) throw this.unsupported('has a ^ after something optional');
      }
      here = here && isAssertion(part);
    }
    let language = after;
    for (let index = parts.length - 1; index >= 0; index--) {
      language = this.build(parts[index]!, language, starts[index]!);
    }
    return language;
  }

  private repeat(item: Pattern, min: number, max: number, after: Language, atStart: boolean): Language {
    const { languages } = this;
    if (!hasAssertion(item)) {
      const body = this.build(item, languages.empty, false);
      return languages.concat(languages.repeat(body, min, max), after);
    }
    const tempered = this.tempered(item, min, max, after);
    if (tempered !== undefined) return tempered;
    if (max > 8) throw this.unsupported('repeats a group with an anchor or a lookahead in it');
    // Each round may look at what follows, so the rounds are written out, the last first.
    let language = after;
    for (let round = max; round > 0; round--) {
      const more = this.build(item, language, atStart && round === 1);
      language = round > min ? languages.or(after, more) : more;
    }
    return language;
  }

  /** `((?!X)C)*` before the end of the string: no stretch of it begins with X. */
  private tempered(item: Pattern, min: number, max: number, after: Language): Language | undefined {
    const { languages } = this;
    if (item.kind !== 'sequence' || item.parts.length !== 2) return undefined;
    const [ahead, body] = item.parts as [Pattern, Pattern];
    if (ahead.kind !== 'ahead' || !ahead.negative || hasAssertion(ahead.item) || body.kind !== 'chars')
      return undefined;
    const chars = languages.repeat(languages.chars(body.ranges), min, max);
    if (after === languages.all && min === 0) return languages.all;
    if (after.kind !== 'empty') return undefined;
    const avoided = this.build(ahead.item, languages.all, false);
    if (avoided.nullable) return min === 0 ? languages.empty : languages.nothing;
    return languages.minus(chars, languages.concat(languages.all, avoided));
  }

  private unsupported(what: string) {
    return refused(this.source, `${what}, which is not supported`, 'Say it with the anchor or lookahead outside.');
  }
}

function isAssertion(pattern: Pattern): boolean {
  return pattern.kind === 'start' || pattern.kind === 'end' || pattern.kind === 'ahead';
}

function hasAssertion(pattern: Pattern): boolean {
  return some(pattern, isAssertion);
}

function hasStart(pattern: Pattern): boolean {
  return some(pattern, (part) => part.kind === 'start');
}

function some(pattern: Pattern, test: (part: Pattern) => boolean): boolean {
  if (test(pattern)) return true;
  switch (pattern.kind) {
    case 'sequence':
      return pattern.parts.some((part) => some(part, test));
    case 'choice':
      return pattern.options.some((option) => some(option, test));
    case 'repeat':
    case 'ahead':
      return some(pattern.item, test);
    default:
      return false;
  }
}

function mayBeEmpty(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'chars':
      return false;
    case 'sequence':
      return pattern.parts.every(mayBeEmpty);
    case 'choice':
      return pattern.options.some(mayBeEmpty);
    case 'repeat':
      return pattern.min === 0 || mayBeEmpty(pattern.item);
    default:
      return true;
  }
}

/** Whether every match begins with `^`, so that no later start has to be tried. */
function startsAtStart(pattern: Pattern): boolean {
  if (pattern.kind === 'start') return true;
  if (pattern.kind === 'sequence') return pattern.parts.length > 0 && startsAtStart(pattern.parts[0]!);
  return pattern.kind === 'choice' && pattern.options.every(startsAtStart);
}

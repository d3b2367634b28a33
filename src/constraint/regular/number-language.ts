import type { Language, Languages } from './language.ts';

/** Digits before the point, and exponents, beyond which a number would not survive parsing into a double. */
const MOST_DIGITS = 300;
const MOST_EXPONENT = 307;
/** Digits behind the point that a double's shortest spelling may have. */
const MOST_DOUBLE_DIGITS = 17;
/** Digits behind the point that are generated: without a bound, a model that repeats itself writes zeros for ever. */
const MOST_FRACTION_DIGITS = 40;
/** Decimal digits that every double keeps; remainders of longer numbers are not what a validator computes. */
const EXACT_DIGITS = 15;
/** Remainders are states, and the search for a way out of one may visit them all. */
const MOST_MODULUS = 1_000;

/**
 * A set of numbers as the texts that spell them. Texts without an exponent are told exactly. With one (`1.5e-7`, always one
 * digit before the point) a set may know only some of its members, so it says which surely belong and which might: a
 * complement swaps the two.
 */
export interface NumberSet {
  plain: Language;
  surely: Language;
  maybe: Language;
}

/** The number languages of JSON Schema. All bounds are compared digit by digit, as decimals. */
export class NumberLanguages {
  readonly all: NumberSet;
  readonly nothing: NumberSet;
  readonly integers: NumberSet;
  /** Integers that are written without a fraction. */
  readonly strictIntegers: NumberSet;
  private readonly languages: Languages;
  private readonly digit: Language;
  private readonly fraction: Language;
  private readonly short: Language;

  constructor(languages: Languages) {
    const { empty, nothing } = languages;
    this.languages = languages;
    this.digit = languages.chars([0x30, 0x39]);
    this.fraction = languages.optional(this.point(languages.repeat(this.digit, 1, Infinity)));
    const minus = languages.optional(languages.text('-'));
    const natural = this.natural(0, MOST_DIGITS);
    const plain = languages.sequence(minus, natural, this.fraction);
    const exponent = this.exponents(-MOST_EXPONENT, MOST_EXPONENT);
    const powers = languages.sequence(minus, this.digits('1', '9'), this.fraction, exponent);
    const shortFraction = languages.optional(this.point(languages.repeat(this.digit, 1, MOST_FRACTION_DIGITS)));
    this.short = languages.sequence(minus, natural, shortFraction, languages.optional(exponent));
    this.nothing = { plain: nothing, surely: nothing, maybe: nothing };
    this.all = { plain, surely: powers, maybe: powers };
    const zeros = languages.repeat(languages.text('0'), 1, Infinity);
    const whole = languages.sequence(minus, natural, languages.or(empty, this.point(zeros)));
    // With so large an exponent no digit is left behind the point.
    const few = languages.optional(this.point(languages.repeat(this.digit, 1, MOST_DOUBLE_DIGITS)));
    const large = languages.sequence(
      minus,
      this.digits('1', '9'),
      few,
      this.exponents(MOST_DOUBLE_DIGITS, MOST_EXPONENT),
    );
    this.integers = { plain: whole, surely: large, maybe: powers };
    this.strictIntegers = { plain: languages.sequence(minus, natural), surely: nothing, maybe: powers };
  }

  /** The texts of a set, as they may be generated. */
  texts(set: NumberSet): Language {
    return this.languages.and(this.languages.or(set.plain, set.surely), this.short);
  }

  and(a: NumberSet, b: NumberSet): NumberSet {
    const { languages } = this;
    if (a === this.all) return b;
    if (b === this.all) return a;
    return {
      plain: languages.and(a.plain, b.plain),
      surely: languages.and(a.surely, b.surely),
      maybe: languages.and(a.maybe, b.maybe),
    };
  }

  or(a: NumberSet, b: NumberSet): NumberSet {
    const { languages } = this;
    if (a === this.nothing) return b;
    if (b === this.nothing) return a;
    return {
      plain: languages.or(a.plain, b.plain),
      surely: languages.or(a.surely, b.surely),
      maybe: languages.or(a.maybe, b.maybe),
    };
  }

  not(set: NumberSet): NumberSet {
    if (set === this.all) return this.nothing;
    if (set === this.nothing) return this.all;
    const { languages } = this;
    return {
      plain: languages.minus(this.all.plain, set.plain),
      surely: languages.minus(this.all.surely, set.maybe),
      maybe: languages.minus(this.all.surely, set.surely),
    };
  }

  atLeast(bound: number, exclusive: boolean): NumberSet {
    return this.range(exclusive ? next(bound, 1) : bound, 1);
  }

  atMost(bound: number, exclusive: boolean): NumberSet {
    return this.range(exclusive ? next(bound, -1) : bound, -1);
  }

  /** Multiples of a positive number; undefined where its digits are too many to count by. */
  multiplesOf(step: number): NumberSet | undefined {
    const { languages } = this;
    const { whole, fraction } = decimal(step);
    const scale = fraction.length;
    const modulus = Number(whole + fraction);
    if (modulus > MOST_MODULUS || scale > EXACT_DIGITS) return undefined;
    const digits = this.natural(0, EXACT_DIGITS - Math.min(scale, EXACT_DIGITS - 1));
    const zeros = languages.repeat(languages.text('0'), 0, Infinity);
    const tail = languages.optional(
      this.point(
        languages.and(
          languages.sequence(languages.repeat(this.digit, 0, scale), zeros),
          languages.repeat(this.digit, 1, Infinity),
        ),
      ),
    );
    const shape = languages.sequence(digits, tail);
    const plain = languages.sequence(
      languages.optional(languages.text('-')),
      languages.and(shape, languages.multiples(modulus, scale)),
    );
    return { plain, surely: languages.nothing, maybe: this.all.surely };
  }

  /** The texts equal to one number. */
  equal(value: number): NumberSet {
    const { languages } = this;
    const { negative, whole, fraction } = decimal(value);
    const zeros = languages.repeat(languages.text('0'), 0, Infinity);
    const tail =
      fraction === ''
        ? languages.optional(this.point(languages.repeat(languages.text('0'), 1, Infinity)))
        : this.point(languages.concat(languages.text(fraction), zeros));
    const sign = value === 0 ? languages.optional(languages.text('-')) : languages.text(negative ? '-' : '');
    const plain = languages.sequence(sign, languages.text(whole), tail);
    const shortest = JSON.stringify(value);
    const surely = shortest.includes('e') ? languages.text(shortest) : languages.nothing;
    return { plain, surely, maybe: this.all.surely };
  }

  /** Numbers on the side `direction` (1: up, -1: down) of a bound that belongs to them. */
  private range(bound: number, direction: 1 | -1): NumberSet {
    const { languages } = this;
    const minus = languages.text('-');
    const { negative, whole, fraction } = decimal(bound);
    const up = direction > 0;
    // Numbers with the bound's own sign are compared with it; those of the other sign lie wholly inside or outside.
    const away = negative !== up;
    const own = away ? this.notBelow(whole, fraction) : this.notAbove(whole, fraction);
    const power = this.powers(bound, away);
    const other = languages.sequence(this.natural(0, MOST_DIGITS), this.fraction);
    const otherPower = languages.sequence(
      this.digits('1', '9'),
      this.fraction,
      this.exponents(-MOST_EXPONENT, MOST_EXPONENT),
    );
    const zero = languages.sequence(
      languages.text('0'),
      languages.optional(this.point(languages.repeat(languages.text('0'), 1, Infinity))),
    );
    const signed = (language: Language, isNegative: boolean) =>
      isNegative ? languages.concat(minus, language) : language;
    if (!away) {
      // Toward zero: the own sign up to the bound, and all of the other sign.
      const plain = languages.or(signed(own, negative), signed(other, !negative));
      const surely = languages.or(signed(power, negative), signed(otherPower, !negative));
      return { plain, surely, maybe: surely };
    }
    const isZero = bound === 0;
    const plain = isZero ? languages.or(signed(own, negative), signed(zero, !negative)) : signed(own, negative);
    const surely = signed(power, negative);
    return { plain, surely, maybe: surely };
  }

  /** Magnitudes of at least a decimal. */
  private notBelow(whole: string, fraction: string): Language {
    const { languages } = this;
    return languages.or(
      languages.concat(this.natural(whole.length, MOST_DIGITS), this.fraction),
      languages.concat(this.greater(whole), this.fraction),
      languages.concat(
        languages.text(whole),
        fraction === '' ? this.fraction : this.point(this.fractionNotBelow(fraction)),
      ),
    );
  }

  /** Magnitudes of at most a decimal. */
  private notAbove(whole: string, fraction: string): Language {
    const { languages } = this;
    const zeros = languages.repeat(languages.text('0'), 1, Infinity);
    return languages.or(
      languages.concat(whole.length === 1 ? languages.nothing : this.natural(0, whole.length - 1), this.fraction),
      languages.concat(this.smaller(whole), this.fraction),
      languages.concat(
        languages.text(whole),
        languages.optional(this.point(fraction === '' ? zeros : this.fractionNotAbove(fraction))),
      ),
    );
  }

  private fractionNotBelow(digits: string): Language {
    const { languages } = this;
    const rest = languages.repeat(this.digit, 0, Infinity);
    let language = rest;
    for (const digit of [...digits].reverse()) {
      language = languages.or(
        languages.concat(languages.text(digit), language),
        digit === '9' ? languages.nothing : languages.concat(this.digits(shifted(digit, 1), '9'), rest),
      );
    }
    return language;
  }

  private fractionNotAbove(digits: string): Language {
    const { languages } = this;
    const rest = languages.repeat(this.digit, 0, Infinity);
    let language = languages.repeat(languages.text('0'), 0, Infinity);
    [...digits].reverse().forEach((digit, index) => {
      language = languages.or(
        languages.concat(languages.text(digit), language),
        digit === '0' ? languages.nothing : languages.concat(this.digits('0', shifted(digit, -1)), rest),
        index === digits.length - 1 ? languages.nothing : languages.empty,
      );
    });
    return language;
  }

  /** Whole numbers of more than `fewer` and at most `most` digits; 0 counts as one digit. */
  private natural(fewer: number, most: number): Language {
    const { languages } = this;
    if (fewer >= most) return languages.nothing;
    const longer = languages.concat(this.digits('1', '9'), languages.repeat(this.digit, fewer, most - 1));
    return fewer === 0 ? languages.or(languages.text('0'), longer) : longer;
  }

  /** Whole numbers of as many digits and greater. */
  private greater(whole: string): Language {
    return this.beside(whole, (digit) => (digit === '9' ? undefined : [shifted(digit, 1), '9']));
  }

  private smaller(whole: string): Language {
    return this.beside(whole, (digit, index) => {
      const least = index === 0 && whole.length > 1 ? '1' : '0';
      return digit <= least ? undefined : [least, shifted(digit, -1)];
    });
  }

  private beside(whole: string, other: (digit: string, index: number) => [string, string] | undefined): Language {
    const { languages } = this;
    const options: Language[] = [];
    for (let index = 0; index < whole.length; index++) {
      const range = other(whole[index]!, index);
      if (range === undefined) continue;
      const rest = whole.length - index - 1;
      options.push(
        languages.sequence(
          languages.text(whole.slice(0, index)),
          this.digits(...range),
          languages.repeat(this.digit, rest, rest),
        ),
      );
    }
    return languages.or(...options);
  }

  /** Magnitudes with an exponent, one digit before the point, on one side of a bound. */
  private powers(bound: number, up: boolean): Language {
    const { languages } = this;
    const any = languages.concat(this.digits('1', '9'), this.fraction);
    if (bound === 0)
      return up ? languages.concat(any, this.exponents(-MOST_EXPONENT, MOST_EXPONENT)) : languages.nothing;
    const [mantissa, power] = Math.abs(bound).toExponential().split('e') as [string, string];
    const exponent = Number(power);
    const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
    const equal = up
      ? languages.or(
          languages.concat(this.greater(whole), this.fraction),
          languages.concat(
            languages.text(whole),
            fraction === '' ? this.fraction : this.point(this.fractionNotBelow(fraction)),
          ),
        )
      : languages.and(any, this.notAbove(whole, fraction));
    return languages.or(
      languages.concat(
        any,
        up ? this.exponents(exponent + 1, MOST_EXPONENT) : this.exponents(-MOST_EXPONENT, exponent - 1),
      ),
      languages.concat(equal, this.exponents(exponent, exponent)),
    );
  }

  private exponents(from: number, to: number): Language {
    const { languages } = this;
    const low = Math.max(from, -MOST_EXPONENT);
    const high = Math.min(to, MOST_EXPONENT);
    const sign = languages.chars([0x45, 0x45, 0x65, 0x65]);
    const upward = high < 0 ? languages.nothing : this.upTo(Math.max(0, low), high);
    const downward = low > 0 ? languages.nothing : this.upTo(Math.max(0, -high), -low);
    return languages.concat(
      sign,
      languages.or(
        languages.concat(languages.optional(languages.text('+')), upward),
        languages.concat(languages.text('-'), downward),
      ),
    );
  }

  /** Whole numbers from `low` to `high` of at most three digits, with up to two zeros before them. */
  private upTo(low: number, high: number): Language {
    const { languages } = this;
    if (low > high) return languages.nothing;
    const key = `${low}`.length;
    const numbers = languages.and(
      languages.or(
        languages.concat(languages.text(`${low}`), languages.empty),
        this.greater(`${low}`),
        this.natural(key, 3),
      ),
      languages.or(
        languages.text(`${high}`),
        this.smaller(`${high}`),
        `${high}`.length === 1 ? languages.nothing : this.natural(0, `${high}`.length - 1),
      ),
    );
    return languages.concat(languages.repeat(languages.text('0'), 0, 2), numbers);
  }

  private point(digits: Language): Language {
    return this.languages.concat(this.languages.text('.'), digits);
  }

  private digits(from: string, to: string): Language {
    return this.languages.chars([from.charCodeAt(0), to.charCodeAt(0)]);
  }
}

function shifted(digit: string, by: number): string {
  return String(Number(digit) + by);
}

/** The nearest double above or below. Zero's neighbour is one that its decimal digits can spell. */
function next(value: number, direction: 1 | -1): number {
  if (value === 0) return direction * 1e-290;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const away = value > 0 === direction > 0;
  view.setBigInt64(0, view.getBigInt64(0) + (away ? 1n : -1n));
  return view.getFloat64(0);
}

/** A double's shortest decimal, without an exponent. */
export function decimal(value: number): { negative: boolean; whole: string; fraction: string } {
  const [digits, power = '0'] = String(Math.abs(value)).split('e') as [string, string?];
  const [whole, fraction = ''] = digits.split('.') as [string, string?];
  const all = whole + fraction;
  const point = whole.length + Number(power);
  const left = point <= 0 ? '0' : all.slice(0, point).padEnd(point, '0');
  const right = point <= 0 ? '0'.repeat(-point) + all : all.slice(point);
  return {
    negative: value < 0,
    whole: left.replace(/^0+(?=\d)/, ''),
    fraction: right.replace(/0+$/, ''),
  };
}

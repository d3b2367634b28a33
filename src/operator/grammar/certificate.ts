import type { SeededRandom } from '../../random/seeded-random.ts';
import type { GrammarEntry } from './entry.ts';
import { type DrawnValue, host, quotedSometimes, referenceNumber } from './values.ts';

const spans: readonly [string, number][] = [
  ['7 days', 7],
  ['10 days', 10],
  ['14 days', 14],
  ['30 days', 30],
  ['45 days', 45],
  ['60 days', 60],
  ['90 days', 90],
  ['a week', 7],
  ['2 weeks', 14],
  ['a month', 30],
  ['3 months', 90],
];

function within(random: SeededRandom): DrawnValue {
  const [written, value] = random.pick(spans);
  return { written, value };
}

export const certificateGrammar: readonly GrammarEntry[] = [
  {
    operation: 'certificate.get',
    values: (random) => ({ hostname: quotedSometimes(random, host(random), 0.05) }),
    commands: [
      '{show-me} the {certificate} [of|for|on] $hostname',
      '{show-me} {certificate} [details|info|information|data|status|expiry|expiration|expiry date|expiration date] [of|for|on] $hostname',
      '{show-me} the [details|info|status|expiry|expiry date|expiration date|issuer|validity|chain|sans] of the {certificate} [of|for|on] $hostname',
      '{show-me} the {certificate} [expiry|expiration|expiry date|expiration date|status|issuer|validity] [of|for|on] $hostname',
      '{check} the {certificate} [of|for|on] $hostname',
      '{check} when the {certificate} [of|for|on] $hostname [expires|runs out|ends|is due|has to be renewed]',
      '{check} [if|whether] the {certificate} [of|for|on] $hostname [is still valid|is valid|has expired|is expired|is ok|expires soon]',
      '{check} how long the {certificate} [of|for|on] $hostname is [still |]valid',
      'do a {certificate} [lookup|check] [for|of|on] $hostname',
      '{show-me} $hostname {certificate}',
      "{check} $hostname's {certificate}",
      'look up the {certificate} of $hostname',
      'find the {certificate} [for|of|covering|that covers|used by] $hostname',
    ],
    others: [
      'when does the {certificate} [of|for|on] $hostname [expire|run out|end|need renewal|need to be renewed][?|]',
      'when will the {certificate} [of|for|on] $hostname [expire|run out][?|]',
      "when does $hostname's {certificate} expire[?|]",
      'is the {certificate} [of|for|on] $hostname [still valid|valid|expired|ok|about to expire|expiring soon][?|]',
      'has the {certificate} [of|for|on] $hostname expired[?|]',
      'how long is the {certificate} [of|for|on] $hostname [still |]valid[?|]',
      'what is the {certificate} expiry [date |]of $hostname[?|]',
      'what {certificate} does $hostname [use|have][?|]',
      'what {certificate} is [used by|used for|on] $hostname[?|]',
      'which {certificate} [covers|is used for|is used by|protects] $hostname[?|]',
      '{certificate} [expiry|lookup|status|details|check|expiration] [for|of] $hostname',
      '{certificate} for $hostname',
      'who issued the {certificate} [of|for] $hostname[?|]',
      'does $hostname have a [valid |]{certificate}[?|]',
      'until when is the {certificate} [of|for] $hostname valid[?|]',
      'how many days [until|before] the {certificate} [of|for|on] $hostname expires[?|]',
      '$hostname {certificate} [expiry|expiration|status][?|]',
      'how [much time|many days|many weeks] [is|are] [there |left |]on the {certificate} [of|for] $hostname[?|]',
      'is the {certificate} [of|for|on] $hostname [good|fine|current|up to date][?|]',
    ],
  },
  {
    operation: 'certificate.expiring',
    values: (random) => ({ withinDays: within(random) }),
    commands: [
      '{show} {all} [certificates|certs|ssl certificates|tls certificates|enrollments] [that expire|expiring|about to expire|which expire|that run out|that will expire] [in|within|in the next|within the next|over the next|during the next] $withinDays',
      '{show} {all} [certificates|certs|ssl certs|tls certificates] [that expire soon|expiring soon|about to expire|that will expire soon|near expiry|close to expiry|that need renewal|to renew]',
      '{show} [certificates|certs] expiring [in|within|in the next] $withinDays',
      '{check} [which|what] [certificates|certs] [expire|are expiring|run out|will expire] [in|within|in the next|within the next] $withinDays',
      '{check} [which|what] [certificates|certs] [expire soon|are about to expire|need renewal|need to be renewed]',
      'find [certificates|certs|ssl certificates] [expiring|that expire|that will expire] [within|in|in the next|in less than] $withinDays',
      'check for [certificates|certs|ssl certificates] [that are |][about to expire|expiring soon|close to expiry]',
      'check for expiring [certificates|certs|ssl certificates] [in the next $withinDays|]',
      '{show} expiring [certificates|certs]',
    ],
    others: [
      '[which|what] [certificates|certs|ssl certs|tls certificates] [expire|are expiring|run out|will expire|are going to expire] [in|within|in the next|within the next|during the next] $withinDays[?|]',
      '[which|what] [certificates|certs|ssl certificates] [expire soon|are about to expire|are expiring|need renewal|need to be renewed|are close to expiry|expire next][?|]',
      'are there any [certificates|certs] [expiring|that expire] [in|within|in the next] $withinDays[?|]',
      'are any [of our |]certificates [expiring|about to expire|going to expire] [soon|][?|]',
      'do we have [any |][certificates|certs] [expiring|that expire] [soon|in $withinDays|within $withinDays|in the next $withinDays][?|]',
      'do any [certificates|certs] expire [in|within|in the next] $withinDays[?|]',
      'expiring [certificates|certs] [in|within|in the next] $withinDays',
      'expiring [certificates|certs]',
      '[certificates|certs] expiring soon[?|]',
      'how many [certificates|certs] expire [in|within|in the next] $withinDays[?|]',
    ],
  },
];

const errorCodes = [
  'ERR_ACCESS_DENIED',
  'ERR_DNS_FAIL',
  'ERR_CONNECT_FAIL',
  'ERR_READ_TIMEOUT',
  'ERR_NO_GOOD_FWD_IP',
  'ERR_FIRST_BYTE_TIMEOUT',
  '502',
  '503',
  '504',
  '403',
];

/** With or without the words and quotes around it that the error page shows. */
function reference(random: SeededRandom): DrawnValue {
  const value = referenceNumber(random);
  return { written: random.pick([value, value, value, `#${value}`, `"${value}"`, `"Reference #${value}"`]), value };
}

export const errorGrammar: readonly GrammarEntry[] = [
  {
    operation: 'error.explain',
    values: (random) => ({
      reference: random.chance(0.85) ? reference(random) : quotedSometimes(random, random.pick(errorCodes), 0.1),
    }),
    commands: [
      'explain [error |the error |error code |reference |reference number |]$reference',
      'explain [the |this |]error [code |reference |string |number |id |][:|] $reference',
      'explain what [error |reference |error code |]$reference [means|is|is about]',
      'translate [error |the error |error code |error string |reference |]$reference',
      'translate [the |this |]error [code |reference |string |][:|] $reference',
      'decode [error |the error |error code |reference |]$reference',
      'look up [error |the error |error code |reference |reference number |]$reference',
      'lookup [error |error code |reference |reference number |]$reference',
      '{check} [error |the error |error code |reference |reference number |]$reference',
      '{check} what [error |reference |]$reference means',
      'tell me [what|why] [error |error code |reference |]$reference [means|is|happened|occurred]',
      'diagnose [error |the error |error code |reference |]$reference',
      'analyse [error |the error |reference |reference number |]$reference',
      'analyze [error |the error |reference |error code |]$reference',
      'investigate [error |the error |reference |error code |]$reference',
      'debug [error |the error |reference |error code |]$reference',
      'find out [what|why] [error |reference |]$reference [means|happened|is about|occurred]',
      'run the error translator [on|for] $reference',
      'explain the akamai [error|error code|reference|reference number] $reference',
      'troubleshoot [error |reference |error code |]$reference',
    ],
    others: [
      'what [does|is] [error |error code |reference |the error |reference number |][:|] $reference [mean|about|]',
      'what does [error |error code |reference |the error |reference number |]$reference mean[?|]',
      "what's [error |error code |reference |]$reference[?|]",
      'why [do i get|am i getting|do we see|did i get|do users see|are we getting|does the page show] [error |error code |reference |the error |]$reference[?|]',
      '[i get|i got|we get|users get|a user got|we are seeing|a customer sees|a customer got] [error |error code |reference |reference number |the error |an error |an error page with reference ]$reference, [what is it|what does it mean|why|explain it|what happened|what is wrong]',
      '[i get|i got|we get|users get|a user got] [error |reference |the error |reference number ]$reference',
      '[access denied|error page|the page says|the error page shows|the site shows] reference $reference[, why|]',
      'what happened [with|in|for|at] [error |reference |error code |request |]$reference[?|]',
      'what caused [error |reference |error code |the error |]$reference[?|]',
      'reference [#|number|] $reference',
      'error [code |reference |] $reference',
      'meaning of [error |error code |reference |]$reference',
      'explanation [of|for] [error |error code |reference |]$reference',
      'what went wrong [with|for|in] [reference |error |request |]$reference[?|]',
      'the reason for [error |reference |]$reference',
      '[users|customers|visitors|people|some users|a client] [see|get|report|are getting|reported] [an error|a page|an error page|a blank page|errors] [with|saying|and] [the |][reference|error|code|reference number] $reference [, why|, what is it|. why is that|]',
      '$reference, what [is|does] [that|it|this] [mean|]',
      'what is $reference',
    ],
  },
];

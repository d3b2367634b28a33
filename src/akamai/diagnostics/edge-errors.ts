/** What the edge calls an error, what it means, and where to look. Words are ours. */
export interface EdgeError {
  code: string;
  /** First part of a reference number (`11.` in `11.6f64d440.1318965461.2f2b078`) that stands for it. */
  reference?: string;
  side: 'origin' | 'edge configuration' | 'security' | 'client' | 'EdgeWorker';
  meaning: string;
  advice: string;
}

export const edgeErrors: readonly EdgeError[] = [
  {
    code: 'ERR_READ_TIMEOUT',
    reference: '1',
    side: 'origin',
    meaning: 'The origin accepted the request but did not send its answer, or the rest of it, in time.',
    advice:
      'Look for slow requests at the origin; compare the read timeout of the property (120 s by default) with theirs.',
  },
  {
    code: 'ERR_READ_ERROR',
    reference: '3',
    side: 'origin',
    meaning: 'The connection to the origin broke, or what came was not a valid HTTP answer.',
    advice:
      'Look for crashes and resets at the origin and its load balancer, and for keep-alive timeouts shorter than the edge’s.',
  },
  {
    code: 'ERR_WRITE_ERROR',
    reference: '4',
    side: 'origin',
    meaning: 'The origin closed the connection before the whole request had been sent.',
    advice: 'Look at limits on request size and at idle timeouts of the origin.',
  },
  {
    code: 'ERR_CONNECT_FAIL',
    reference: '6',
    side: 'origin',
    meaning: 'The origin refused the connection.',
    advice:
      'Is the origin listening on that port? Does its firewall admit Akamai’s addresses (Site Shield, origin IP ACL)?',
  },
  {
    code: 'ERR_INVALID_URL',
    reference: '9',
    side: 'edge configuration',
    meaning: 'The edge server has no configuration for this hostname, or the URL is malformed.',
    advice:
      'Is the hostname in the active version of a property on this network? Is the CNAME that of its edge hostname?',
  },
  {
    code: 'ERR_DNS_FAIL',
    reference: '11',
    side: 'origin',
    meaning: 'The name of the origin could not be resolved.',
    advice: 'Resolve the origin hostname of the rule that matched; check its zone and a mistyped or deleted record.',
  },
  {
    code: 'ERR_DNS_TIMEOUT',
    side: 'origin',
    meaning: 'The name servers of the origin’s zone did not answer in time.',
    advice: 'Check the name servers of the origin’s zone.',
  },
  {
    code: 'ERR_ZERO_SIZE_OBJECT',
    reference: '15',
    side: 'origin',
    meaning: 'The origin closed the connection without sending anything.',
    advice:
      'Look for crashing workers at the origin, and for a port that speaks another protocol (HTTP against HTTPS).',
  },
  {
    code: 'ERR_ACCESS_DENIED',
    reference: '18',
    side: 'security',
    meaning: 'A rule denied the request: WAF, rate control, bot rule, IP or geography block, or token authentication.',
    advice: 'Translate the reference number to see which rule, then look at that security policy.',
  },
  {
    code: 'ERR_REFERER_DENIED',
    reference: '24',
    side: 'security',
    meaning: 'The Referer of the request is not allowed.',
    advice: 'Look at the referrer rule of the property.',
  },
  {
    code: 'ERR_CLIENT_ABORT',
    reference: '27',
    side: 'client',
    meaning: 'The client went away before it had the whole answer.',
    advice: 'Usually harmless (somebody closed the page); many of them hint at slow answers.',
  },
  {
    code: 'ERR_FWD_SSL_HANDSHAKE',
    reference: '30',
    side: 'origin',
    meaning: 'The TLS handshake with the origin failed.',
    advice:
      'Check the origin’s certificate (end, name against the forwarded host, chain) and the verification settings of the origin behavior.',
  },
  {
    code: 'ERR_CONNECT_TIMEOUT',
    reference: '97',
    side: 'origin',
    meaning: 'No connection to the origin came about in time.',
    advice: 'Is the origin up? A firewall that drops packets of Akamai’s addresses looks like this.',
  },
  {
    code: 'ERR_FIRST_BYTE_TIMEOUT',
    side: 'origin',
    meaning: 'The origin accepted the request and sent not even the first byte in time.',
    advice: 'Look for slow requests at the origin.',
  },
  {
    code: 'ERR_NO_GOOD_FWD_IP',
    side: 'origin',
    meaning: 'Every address of the origin has failed recently, so none was tried.',
    advice: 'Look at the health of the origin’s addresses; the earlier errors say why each one failed.',
  },
  {
    code: 'ERR_SUREROUTE_DNS_FAIL',
    side: 'origin',
    meaning: 'A parent server of SureRoute could not be resolved.',
    advice: 'Passing; if it lasts, open a case with Akamai.',
  },
  {
    code: 'UNKNOWN_EDGEWORKER_ID',
    side: 'EdgeWorker',
    meaning: 'The property calls an EdgeWorker that is not active on this network.',
    advice: 'Activate the EdgeWorker there, or correct its number in the rule.',
  },
  {
    code: 'RUNTIME_ERROR',
    side: 'EdgeWorker',
    meaning: 'The environment could not run the EdgeWorker’s code.',
    advice: 'Check the bundle and its imports; look at the trace of the debug headers.',
  },
  {
    code: 'EXECUTION_ERROR',
    side: 'EdgeWorker',
    meaning: 'The EdgeWorker’s code threw an exception.',
    advice: 'Read the message in the debug headers (Pragma: akamai-x-ew-debug), and catch what may be missing.',
  },
  {
    code: 'CPU_TIMEOUT_ERROR',
    side: 'EdgeWorker',
    meaning: 'The event handler used more CPU time than its resource tier allows.',
    advice: 'Do less per request, move work to initialisation or EdgeKV, or choose a higher resource tier.',
  },
  {
    code: 'WALL_TIMEOUT_ERROR',
    side: 'EdgeWorker',
    meaning: 'The event handler took longer than it may, usually waiting for a subrequest.',
    advice: 'Make fewer subrequests and in parallel, and give them timeouts.',
  },
];

/** `11.6f64d440.1318965461.2f2b078`, with or without `Reference #`; the parts are in hexadecimal but for the first. */
const referencePattern =
  /(?:reference\s*(?:&#35;|&#x23;|#)?\s*)?\b(\d{1,3})((?:\.|&#46;|&#x2e;)[0-9a-f]{4,}(?:(?:\.|&#46;|&#x2e;)[0-9a-f]+){1,2})/i;

/** The reference number in a text such as a copied error page. */
export function referenceIn(text: string): string | undefined {
  const match = referencePattern.exec(text);
  return match === null ? undefined : `${match[1]}${match[2]!.replaceAll(/&#46;|&#x2e;/gi, '.')}`;
}

/** What is known about an error without asking anybody: by its code, or by the beginning of its reference number. */
export function knownError(text: string): EdgeError | undefined {
  const reference = referenceIn(text)?.split('.')[0];
  if (reference !== undefined) return edgeErrors.find((error) => error.reference === reference);
  const words = text.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  const compact = words.replaceAll('_', '');
  return (
    edgeErrors.find((error) => words.includes(error.code)) ??
    edgeErrors.find((error) => compact.includes(error.code.replaceAll('_', '')))
  );
}

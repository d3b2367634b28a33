// The page of one change plan: shows it, and lets a person approve or deny exactly what is shown. The key stays in the
// form; every text from Akamai goes in through textContent, never as HTML.

const id = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
const place = (name) => document.getElementById(name);

/** @param {string} name @param {object} input @param {string} [key] */
async function call(name, input, key) {
  const response = await fetch(`/api/operations/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
    body: JSON.stringify(input),
  });
  const body = await response.json();
  if (!response.ok)
    throw new Error([body.error?.message ?? response.statusText, body.error?.remedy].filter(Boolean).join(' '));
  return body;
}

function show(plan) {
  place('state').textContent = `${plan.state} · ${plan.next}`;
  place('title').textContent = plan.title;
  const facts = [
    ['Network', plan.network ?? 'none'],
    ['Account', plan.accountSwitchKey === null ? plan.account : `${plan.account}, acting on ${plan.accountSwitchKey}`],
    ['Affects', plan.affects.join(', ')],
    ['Reach', plan.blastRadius],
    ['Way back', plan.wayBack],
    ...(plan.gate === null ? [] : [['Staging', `${plan.gate.met ? 'met' : 'NOT MET'}: ${plan.gate.explanation}`]]),
    ...plan.warnings.map((warning) => ['Warning', warning]),
    ['Reason', plan.reason ?? 'none given'],
    ['Asked by', plan.requestedBy],
    ['Sends', plan.call],
    ['Body', plan.body ?? 'none'],
    ['Expires', new Date(plan.expiresAt).toLocaleString()],
    ...(plan.outcome === null ? [] : [['Outcome', plan.outcome.note]]),
  ];
  place('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => {
      const [term, text] = [document.createElement('dt'), document.createElement('dd')];
      term.textContent = name;
      text.textContent = value;
      return [term, text];
    }),
  );
  const more = plan.differencesNotShown > 0 ? [`and ${plan.differencesNotShown} more`] : [];
  place('differences').textContent = [...plan.differences, ...more].join('\n') || 'No differences to show.';
  place('decide').hidden = plan.state !== 'proposed' && plan.state !== 'approved';
  place('override-line').hidden = plan.gate === null || plan.gate.met;
}

let shown = await call('akamai.plans.show', { planId: id }).catch((error) => {
  place('state').textContent = error.message;
});
if (shown !== undefined) show(shown);

place('decision').addEventListener('submit', async (event) => {
  event.preventDefault();
  const reason = place('reason').value.trim();
  const input = { planId: id, ...(reason === '' ? {} : { reason }) };
  const approves = event.submitter?.value === 'approve';
  const decision = approves ? { ...input, digest: shown.digest, overrideStaging: place('override').checked } : input;
  place('answer').textContent = '';
  try {
    shown = await call(approves ? 'akamai.approve' : 'akamai.deny', decision, place('key').value);
    show(shown);
  } catch (error) {
    place('answer').textContent = error.message;
  }
});

// A change plan with its difference. The button asks the server to apply it; the server then asks the person with its
// own form, so nothing here, and nothing that a model writes, approves.
connect('fts-change-plan', (plan, { content }) => {
  if (plan.id === undefined) {
    root().replaceChildren(element('p', {}, content?.[0]?.text ?? ''));
    return;
  }
  const rows = [
    ['State', `${plan.state}: ${plan.next}`],
    ['Network', plan.network ?? 'none'],
    ['Affects', (plan.affects ?? []).join(', ')],
    ['Reach', plan.blastRadius],
    ['Way back', plan.wayBack],
    ['Expires', plan.expiresAt],
    ['Sends', plan.call],
  ].filter(([, value]) => value);
  root().replaceChildren(
    element('h1', {}, plan.title),
    ...(plan.warnings ?? []).map((warning) => element('p', { class: 'warning' }, warning)),
    element(
      'table',
      {},
      ...rows.map(([name, value]) => element('tr', {}, element('th', {}, name), element('td', {}, value))),
    ),
    ...(plan.differences ?? []).map((line) =>
      element(
        'div',
        { class: `difference ${line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : ''}` },
        line,
      ),
    ),
  );
  if (plan.state !== 'proposed' && plan.state !== 'approved') return;
  const button = element('button', { type: 'button' }, plan.state === 'proposed' ? 'Decide and apply…' : 'Apply');
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await request('tools/call', { name: 'akamai_apply', arguments: { planId: plan.id } });
    } catch (error) {
      root().append(element('p', { class: 'warning' }, error.message));
    }
  });
  root().append(button);
});

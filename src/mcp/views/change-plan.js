// A change plan with its difference. The button asks the server to apply it; the server then asks the person with its
// own form, so nothing here, and nothing that a model writes, approves. Where the host shows no forms, the plan is
// decided in the console.
connect('fts-change-plan', showPlan);

function showPlan(plan, app) {
  const rows = [
    ['State', `${plan.state}: ${plan.next}`],
    ['Network', plan.network ?? 'none'],
    ['Affects', (plan.affects ?? []).join(', ')],
    ['Reach', plan.blastRadius],
    ['Way back', plan.wayBack],
    ['Staging', plan.gate?.explanation],
    ['Reason', plan.reason],
    ['Expires', plan.expiresAt],
    ['Sends', plan.call],
    ['Outcome', plan.outcome?.note],
  ].filter(([, value]) => value);
  const differences = plan.differences ?? [];
  const more = plan.differencesNotShown > 0 ? [`and ${plan.differencesNotShown} more differences`] : [];
  show(
    element('h1', {}, plan.title),
    ...(plan.warnings ?? []).map((warning) => element('p', { class: 'warning' }, warning)),
    element(
      'table',
      {},
      ...rows.map(([name, value]) => element('tr', {}, element('th', {}, name), element('td', {}, value))),
    ),
    ...[...differences, ...more].map((line) =>
      element(
        'div',
        { class: `difference ${line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : ''}` },
        line,
      ),
    ),
    ...(plan.state === 'proposed' || plan.state === 'approved' ? [buttons(plan, app)] : []),
  );
}

function buttons(plan, app) {
  const apply = element('button', { type: 'button' }, plan.state === 'proposed' ? 'Decide and apply…' : 'Apply');
  const open = element('button', { type: 'button' }, 'Open in the console');
  const said = element('p', { class: 'text', role: 'status' });
  apply.addEventListener('click', async () => {
    apply.disabled = true;
    said.textContent = 'Waiting for the decision…';
    try {
      const result = await app.callServerTool({ name: 'akamai_apply', arguments: { planId: plan.id } });
      if (!result.isError && result.structuredContent !== undefined) {
        showPlan(result.structuredContent, app);
        return;
      }
      said.textContent = visible((result.content ?? []).map(({ text }) => text ?? '').join('\n'));
    } catch (error) {
      said.textContent = visible(error.message);
    }
    apply.disabled = false;
  });
  open.addEventListener('click', async () => {
    const url = `${consoleUrl}/console/plans/${encodeURIComponent(plan.id)}`;
    const refused = await app.openLink({ url }).then(
      ({ isError }) => isError,
      () => true,
    );
    if (refused) said.textContent = url;
  });
  return element('div', { class: 'buttons' }, apply, ' ', open, said);
}

import { z } from 'zod';
import { countText, usdText } from '../../planning/answer/quantity-text.ts';
import { usualOwnership } from '../../planning/fleet/cost.ts';
import { type CostRow, compareCosts } from '../../planning/fleet/rent-or-buy.ts';
import { textTable } from '../../text/text-table.ts';
import { chooseMachines, chooseShape, positiveInteger, servingFields, servingRequest } from '../inputs/planning.ts';
import { defineOperation } from '../operation.ts';

const money = z.number().nullable();

export const planCost = defineOperation({
  name: 'plan.cost',
  title: 'Rent or buy',
  description:
    'Compares rented with bought machines for serving one model: dollars per hour, per million tokens in and out, per ' +
    'query, and after how many queries and weeks a purchase has paid off, power included. Use it for "is it cheaper to ' +
    'rent, to buy, or to pay an API".',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['model'],
  example: 'fts plan cost Llama-3.1-8B --queries-per-day 20000',
  input: z.object({
    model: servingFields.model,
    machines: servingFields.machines,
    format: servingFields.format,
    cacheType: servingFields.cacheType,
    context: servingFields.context,
    batch: positiveInteger.default(8).describe('Conversations answered at once'),
    prompt: servingFields.prompt,
    completion: servingFields.completion,
    queriesPerDay: z.number().positive().default(1000).describe('Queries in a day'),
    usdPerQuery: z
      .number()
      .positive()
      .optional()
      .describe('What a query costs otherwise, at an API say (default: the cheapest rented machine)'),
    utilization: z.number().min(0.01).max(1).default(0.5).describe('Busy share of the paid hours'),
    years: z.number().positive().default(usualOwnership.years).describe('Years over which a purchase is written off'),
    usdPerKilowattHour: z.number().nonnegative().default(usualOwnership.usdPerKilowattHour).describe('Price of power'),
  }),
  output: z.object({
    model: z.string(),
    queriesPerDay: z.number(),
    otherwise: z.object({ usdPerQuery: z.number(), from: z.string() }).nullable(),
    rows: z.array(
      z.object({
        machine: z.string(),
        fits: z.boolean(),
        basis: z.enum(['rent', 'own']).nullable(),
        usdPerHour: money,
        usdPerMillionIn: money,
        usdPerMillionOut: money,
        usdPerQuery: money,
        queriesPerDay: z.number(),
        purchaseUsd: money,
        powerUsdPerQuery: z.number(),
        breakEven: z
          .object({ queries: z.number().nullable(), weeks: z.number().nullable(), overCapacity: z.boolean() })
          .nullable(),
      }),
    ),
  }),
  async run(input, context) {
    const { name, shape } = await chooseShape(input.model, context);
    const machines = await chooseMachines(input.machines, context);
    const comparison = compareCosts(
      { ...servingRequest(input, shape), utilization: input.utilization },
      machines,
      { queriesPerDay: input.queriesPerDay, usdPerQuery: input.usdPerQuery },
      { ...usualOwnership, years: input.years, usdPerKilowattHour: input.usdPerKilowattHour },
    );
    return { model: name, queriesPerDay: input.queriesPerDay, ...comparison };
  },
  render({ model, queriesPerDay, rows, otherwise }) {
    const fitting = rows.filter(({ fits }) => fits);
    const lines = [`${model}, ${countText(queriesPerDay)} queries a day`, ''];
    if (fitting.length === 0) return [...lines, 'No machine holds it: use fewer bits or a smaller context.'].join('\n');
    lines.push(
      textTable(
        ['machine', 'paid as', '$/hour', '$/M in', '$/M out', '$/query', 'queries/day', 'purchase', 'pays off after'],
        fitting.map((row) => [
          row.machine,
          row.basis ?? '-',
          dollars(row.usdPerHour),
          dollars(row.usdPerMillionIn),
          dollars(row.usdPerMillionOut),
          dollars(row.usdPerQuery),
          countText(row.queriesPerDay),
          dollars(row.purchaseUsd),
          payOffText(row, queriesPerDay),
        ]),
      ),
    );
    if (otherwise !== null) {
      lines.push(
        '',
        `A purchase pays off against ${usdText(otherwise.usdPerQuery)} a query (${otherwise.from}); power is counted, the machine’s other costs are not.`,
      );
    }
    return lines.join('\n');
  },
});

const dollars = (usd: number | null): string => (usd === null ? '-' : usdText(usd));

function payOffText({ breakEven }: CostRow, queriesPerDay: number): string {
  if (breakEven === null) return '-';
  if (breakEven.queries === null || breakEven.weeks === null) return 'never: power costs more';
  const text = `${countText(breakEven.queries)} queries, ${breakEven.weeks >= 10 ? breakEven.weeks.toFixed(0) : breakEven.weeks.toFixed(1)} weeks`;
  return breakEven.overCapacity ? `${text}, but ${countText(queriesPerDay)} a day are more than it answers` : text;
}

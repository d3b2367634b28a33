import type { OutputOf } from '../api/operations.ts';
import { bytes, figure, number, percent } from '../text.ts';
import { Empty } from './empty.tsx';
import { Section } from './section.tsx';
import { Table } from './table.tsx';

type Listed = OutputOf<'models.list'>;
export type ShownModel = OutputOf<'models.show'>;

/** Models with the formats they exist in: how big each is, and how good it was when measured. */
export function Models({ listed, shown }: { listed: Listed | undefined; shown: readonly ShownModel[] }) {
  return (
    <Section title="Models">
      {listed?.models.length === 0 && (
        <Empty command="npm start">
          No model yet. The first start trains the operator model in about two and a half minutes; leave out
          --no-sample:
        </Empty>
      )}
      {listed?.models.map((model) => (
        <ModelBlock
          key={model.name}
          name={model.name}
          about={`${model.family}, ${number(model.parameters, 0)} parameters${model.parent === null ? '' : `, made from ${model.parent}`}`}
          artifacts={listed.artifacts.filter((artifact) => artifact.model === model.name)}
          deployments={listed.deployments}
          measurements={shown.find((one) => one.model.name === model.name)?.measurements ?? []}
        />
      ))}
    </Section>
  );
}

function ModelBlock({
  name,
  about,
  artifacts,
  deployments,
  measurements,
}: {
  name: string;
  about: string;
  artifacts: Listed['artifacts'];
  deployments: Listed['deployments'];
  measurements: ShownModel['measurements'];
}) {
  // The newest comes first.
  const quality = (id: string) =>
    measurements.find(({ kind, subject }) => kind === 'evaluation' && subject === id)?.figures;
  const served = (id: string) => deployments.filter(({ artifact }) => artifact === id).map((one) => one.name);
  return (
    <>
      <h3>
        {name} <span className="dim">{about}</span>
      </h3>
      {artifacts.length === 0 ? (
        <Empty command={`fts quantize ${name}`}>Not made into a file that can be served yet:</Empty>
      ) : (
        <Table
          label={`Formats of ${name}`}
          rows={artifacts.toSorted((left, right) => right.bytes - left.bytes)}
          rowKey={({ id }) => id}
          columns={[
            { title: 'Format', cell: ({ format, path }) => <span title={path}>{format}</span> },
            { title: 'Size', kind: 'number', cell: (artifact) => bytes(artifact.bytes) },
            { title: 'Bits', kind: 'number', cell: ({ bitsPerWeight }) => bitsPerWeight.toFixed(2) },
            { title: 'Exact match', kind: 'number', cell: ({ id }) => percent(quality(id)?.exactMatch) },
            { title: 'Perplexity', kind: 'number', cell: ({ id }) => figure(quality(id)?.perplexity, 5) },
            {
              title: 'Served as',
              cell: ({ id }) =>
                served(id).length === 0 ? <span className="dim">–</span> : <strong>{served(id).join(', ')}</strong>,
            },
          ]}
        />
      )}
    </>
  );
}

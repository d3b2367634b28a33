import { lexer, type Token, type Tokens } from 'marked';
import type { ReactNode } from 'react';
import { Scroll } from './scroll.tsx';

/** Markdown as elements: no HTML passes, so a text can show nothing but itself. Images are looked up by name. */
export function Markdown({ text, images }: { text: string; images: Readonly<Record<string, string>> }) {
  return <div className="prose">{blocks(lexer(text), images)}</div>;
}

type Images = Readonly<Record<string, string>>;

const blocks = (tokens: readonly Token[], images: Images): ReactNode[] =>
  // biome-ignore lint/suspicious/noArrayIndexKey: a text does not change under its reader
  tokens.map((token, index) => <Block key={index} token={token} images={images} />);

const inline = (tokens: readonly Token[] | undefined, images: Images): ReactNode[] =>
  // biome-ignore lint/suspicious/noArrayIndexKey: as above
  (tokens ?? []).map((token, index) => <Inline key={index} token={token} images={images} />);

function Block({ token, images }: { token: Token; images: Images }) {
  switch (token.type) {
    case 'heading': {
      const Heading = `h${(token as Tokens.Heading).depth}` as 'h1';
      return <Heading>{inline(token.tokens, images)}</Heading>;
    }
    case 'paragraph':
      return <p>{inline(token.tokens, images)}</p>;
    case 'text':
      return <>{token.tokens === undefined ? token.text : inline(token.tokens, images)}</>;
    case 'code':
      return <pre>{token.text}</pre>;
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [], images)}</blockquote>;
    case 'list': {
      const { ordered, items } = token as Tokens.List;
      const List = ordered ? 'ol' : 'ul';
      return (
        <List>
          {items.map((item) => (
            <li key={item.raw}>{blocks(item.tokens, images)}</li>
          ))}
        </List>
      );
    }
    case 'table':
      return <MarkdownTable table={token as Tokens.Table} images={images} />;
    case 'hr':
      return <hr />;
    case 'space':
      return null;
    default:
      return <p>{token.raw}</p>;
  }
}

function MarkdownTable({ table, images }: { table: Tokens.Table; images: Images }) {
  return (
    <Scroll label={table.header.map(({ text }) => text || '…').join(', ')}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell) => (
              <th key={cell.text} scope="col">
                {inline(cell.tokens, images)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row.map(({ text }) => text).join('|')}>
              {row.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its position
                <td key={index} className="wrap">
                  {inline(cell.tokens, images)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Inline({ token, images }: { token: Token; images: Images }) {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens, images)}</strong>;
    case 'em':
      return <em>{inline(token.tokens, images)}</em>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <a href={safeAddress(token.href)}>{inline(token.tokens, images)}</a>;
    case 'image':
      return <Picture name={token.href} caption={token.text} images={images} />;
    case 'escape':
    case 'text':
      return <>{token.text}</>;
    default:
      return <>{token.raw}</>;
  }
}

function Picture({ name, caption, images }: { name: string; caption: string; images: Images }) {
  const svg = images[name];
  if (svg === undefined) return <em>{caption}</em>;
  return <img className="diagram" src={`data:image/svg+xml,${encodeURIComponent(svg)}`} alt={caption} />;
}

const safeAddress = (href: string): string | undefined => (/^(https?:|\/|#|[\w-]+$)/.test(href) ? href : undefined);

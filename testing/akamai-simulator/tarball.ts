import { gunzipSync, gzipSync } from 'node:zlib';

/** A gzipped ustar archive of small text files, as `tar czf` makes it. */
export function tarball(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        0', 148);
    header.write('ustar\0', 257);
    header.write('00', 263);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** `edgeworker-version` of the bundle's manifest. */
export function bundleVersion(bytes: Uint8Array): string | undefined {
  try {
    const match = /"edgeworker-version"\s*:\s*"([^"]+)"/.exec(gunzipSync(bytes).toString('utf8'));
    return match?.[1];
  } catch {
    return undefined;
  }
}

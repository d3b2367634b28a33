import { median } from '../../src/statistics/distribution.ts';

type Side = (count: number) => Promise<number[]>;

/**
 * Times two sides in turn, several steps each, and returns the median of each side's steps and of the rounds' ratios:
 * what disturbs the machine disturbs both.
 */
export async function interleave(
  ours: Side,
  peer: Side | undefined,
  options: { rounds: number; seconds: number },
): Promise<{ ours: number; peer: number | null; peerOverOurs: number | null }> {
  await ours(3);
  await peer?.(3);
  const perRound = options.seconds * 1000;
  const countOfOurs = Math.max(1, Math.round(perRound / median(await ours(3))));
  const countOfPeers = peer === undefined ? 0 : Math.max(1, Math.round(perRound / median(await peer(3))));
  const times: { ours: number; peer: number | null }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    times.push({
      ours: median(await ours(countOfOurs)),
      peer: peer === undefined ? null : median(await peer(countOfPeers)),
    });
  }
  const peers = times.flatMap((time) => (time.peer === null ? [] : [time.peer]));
  return {
    ours: median(times.map((time) => time.ours)),
    peer: peers.length === 0 ? null : median(peers),
    peerOverOurs: peers.length === 0 ? null : median(times.map((time) => time.peer! / time.ours)),
  };
}

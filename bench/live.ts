// node scripts/run.mjs bench/live.ts: what live curves cost. One model trains in the notebooks' kernel, by turns with and
// without `liveHistory`, while a real Jupyter client receives what is drawn.
import { printed, runKernel, type Step } from '../tests/helpers/jupyter';
import { summary } from './statistics.mjs';

const ROUNDS = 8;
const SETUP = `import { fit, liveHistory, loadDataset, resnetV1, takeImages, useBackend } from 'resnet-lab';
await useBackend('simd');
const images = takeImages((await loadDataset('emoji10')).train, 3200);
const model = resnetV1([32, 32, 3], 8);
async function timeFit(isLive: boolean) {
  const start = performance.now();
  await fit(model, images, { epochs: 2, seed: 1, resume: false, callbacks: isLive ? [liveHistory('ResNet-8')] : [] });
  return performance.now() - start;
}
await timeFit(true);`;
const ROUND = 'console.log(JSON.stringify([await timeFit(false), await timeFit(true)]));';
const TURNED = 'console.log(JSON.stringify([await timeFit(true), await timeFit(false)].reverse()));';

const steps: Step[] = [SETUP, ...Array.from({ length: ROUNDS }, (_, i) => (i % 2 === 0 ? ROUND : TURNED))];
runKernel({ steps }).then((results) => {
  const rounds = results.slice(1).map((result) => {
    const [without, with_] = JSON.parse(printed(result)) as [number, number];
    const displays = result.messages.filter(({ type }) => /display_data/.test(type)).length;
    return { without, with_, displays, cost: with_ / without - 1 };
  });
  for (const { without, with_, displays, cost } of rounds) {
    console.log(
      `without ${(without / 1000).toFixed(2)} s, with ${(with_ / 1000).toFixed(2)} s (${displays} drawings): ${(100 * cost).toFixed(1)} %`,
    );
  }
  console.log(`median of ${ROUNDS}: ${(100 * summary(rounds.map(({ cost }) => cost)).median).toFixed(1)} %`);
});

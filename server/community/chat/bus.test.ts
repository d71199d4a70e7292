import { testBus } from './bus.test-support.ts';
import { LocalBus } from './bus.ts';

testBus('LocalBus', async () => {
  let epoch = 0;
  const bus = new LocalBus(() => {
    epoch += 1;
    return `epoch ${epoch}`;
  });
  return { nodes: [bus, bus], close: async () => {} };
});

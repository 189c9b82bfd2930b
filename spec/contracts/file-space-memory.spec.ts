import { MemorySpace } from '../../src/files/index.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { describeFileSpace } from './file-space.js';

describeFileSpace({
  name: 'memory space',
  cannot: { backPressure: 'it holds whole files' },
  open: async () => {
    const clock = createHandClock();
    const space = new MemorySpace({ clock, random: createSeededRandom() });
    return { space, advance: (millis) => clock.advance(millis) };
  },
});

// Loaded before a program that is measured: says at its end what it took, in a file by the number of the process, since a program may start others.
import { writeFileSync } from 'node:fs';

const folder = process.env['COMPARE_USAGE'];
if (folder !== undefined) {
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    writeFileSync(
      `${folder}/${process.pid}.json`,
      JSON.stringify({ kilobytes: maxRSS, microseconds: userCPUTime + systemCPUTime }),
    );
  });
}

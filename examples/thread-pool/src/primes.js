// What runs in a thread: counts the primes below a number. Long enough to be worth one, and nothing in it can be interrupted.
export default function primesBelow(limit) {
  if (limit < 0) for (;;); // for the test: only the end of the thread ends it
  let count = 0;
  next: for (let n = 2; n < limit; n++) {
    for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) continue next;
    count++;
  }
  return count;
}

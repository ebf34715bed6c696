// What a run of a question leaves behind: the JSON that the report, the plots and the check of the figures read.

/** `tiny` proves that a file still runs, `quick` is for everyday use, `full` is what the report is made of. */
export type Mode = 'full' | 'quick' | 'tiny';

/** Whose code it is: ours, what people use today, or the least that could do the work by hand. */
export type Role = 'ours' | 'peer' | 'floor';

/** What the numbers of a case are. Less is better, save for a depth. */
export type Unit = 'ms' | 'bytes' | 'ns' | 'depth';

export interface Spread {
  median: number;
  /** First and third quartile. */
  low: number;
  high: number;
}

export interface Row {
  name: string;
  role: Role;
  /** How many samples; 0 says that it did not take part, and `remark` why. */
  rounds: number;
  value?: Spread;
  /** Each of ours over this one, by the name of ours: the median of the ratios within a round. */
  ratios: Record<string, Spread>;
  remark?: string;
}

export interface Target {
  /** What is asked, in words: `Queue <= 0.6 of fastq.promise`. */
  text: string;
  limit: number;
  found: number | undefined;
  met: boolean;
}

export interface Case {
  id: string;
  title: string;
  unit: Unit;
  rows: Row[];
  targets: Target[];
  /** The rows of a growth: the median at each size, and the time of an item at the last size over that at the first. */
  growth?: { sizes: number[]; medians: Record<string, (number | undefined)[]>; factors: Record<string, number> };
}

export interface Findings {
  name: string;
  question: string;
  mode: Mode;
  node: string;
  clock: 'wall' | 'cpu';
  cases: Case[];
}

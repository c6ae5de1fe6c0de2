/** Is told of crossings and notes as they happen; times are nanoseconds of machine time. */
export interface CrossingListener {
  begun(id: number, time: number): void;
  ended(id: number, time: number): void;
  noted?(key: number, value: bigint, time: number): void;
}

/* The periodic scheduler (apps/scheduler.c): it shares a coprocessor, which works a unit a tick, among jobs. SMCCC, owner 51. */
#ifndef COPROCESSOR_H
#define COPROCESSOR_H

#define COPROCESSOR_SUBMIT 0xb3000000UL /* units, weight from 1: job, > 0 */
#define COPROCESSOR_STATE 0xb3000001UL  /* job: x0 = units left, x1 = its place among those that ended, from 1; x2 = ticks so far */
#define COPROCESSOR_FORGET 0xb3000002UL /* job that has ended */
#define COPROCESSOR_LAST 0xb300000fUL

#define COPROCESSOR_JOBS 8

#endif

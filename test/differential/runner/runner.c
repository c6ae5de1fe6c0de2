/*
 * Runs short instruction sequences from given states and tells the states they end in. Reads `struct request`s from
 * standard input until its end, then writes one `struct response` each to standard output, in order.
 *
 * A sequence runs between two signals: the handler puts the state of the next case into the signal frame, so that
 * sigreturn loads every register at once, and whatever signal ends the case (the BRK after the sequence, or a fault)
 * brings every register back in its frame. No C library: sequences may change TPIDR_EL0 and anything else.
 */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <linux/time.h>
#include <stdint.h>

#define CODE_ADDRESS 0x20000000ul
#define CODE_BYTES 0xa0000ul
/* Within reach of a load literal in any case's code; unmapped before and after. */
#define DATA_ADDRESS 0x200b0000ul
#define DATA_BYTES 4096
/* More than 64 GiB from the data, so that no 32-bit index reaches them. */
#define INPUT_ADDRESS 0x4000000000ul
#define OUTPUT_ADDRESS 0x6000000000ul
#define BUFFER_BYTES 0x40000000ul
#define MAX_WORDS 63
#define BRK 0xd4200000u /* BRK #0 */
#define SECONDS_PER_CASE 2

struct request {
  uint64_t pc;
  uint64_t x[31], sp;
  uint64_t v[64];
  uint32_t nzcv, fpcr, fpsr, words;
  uint32_t code[MAX_WORDS + 1];
  uint8_t data[DATA_BYTES];
};

struct response {
  uint64_t pc;
  uint64_t x[31], sp;
  uint64_t v[64];
  uint32_t nzcv, fpcr, fpsr, signal;
  uint64_t fault_address;
  uint8_t data[DATA_BYTES];
};

static struct request *const requests = (struct request *)INPUT_ADDRESS;
static struct response *const responses = (struct response *)OUTPUT_ADDRESS;
static unsigned long count, current;
static int started;
static uint8_t handler_stack[65536] __attribute__((aligned(16)));

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
}

static _Noreturn void leave(const char *why) {
  if (why) {
    long length = 0;
    while (why[length]) length++;
    system_call(__NR_write, 2, (long)why, length, 0, 0, 0);
  }
  for (;;) system_call(__NR_exit_group, why ? 1 : 0, 0, 0, 0, 0, 0);
}

static void copy(void *to, const void *from, unsigned long bytes) {
  uint64_t *t = to;
  const uint64_t *f = from;
  for (unsigned long i = 0; i < bytes / 8; i++) t[i] = f[i];
}

static void map(uint64_t address, uint64_t bytes, int protection) {
  /* MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE */
  if (system_call(__NR_mmap, address, bytes, protection, 0x4032, -1, 0) != (long)address) leave("runner: cannot map\n");
}

static void write_all(void) {
  const char *at = (const char *)responses;
  unsigned long left = count * sizeof(struct response);
  while (left) {
    long n = system_call(__NR_write, 1, (long)at, left, 0, 0, 0);
    if (n <= 0) leave("runner: cannot write\n");
    at += n;
    left -= n;
  }
}

static void arm_timer(void) {
  /* struct itimerval */
  long value[4] = {0, 0, SECONDS_PER_CASE, 0};
  system_call(__NR_setitimer, 0, (long)value, 0, 0, 0, 0);
}

static struct fpsimd_context *fpsimd(struct sigcontext *context) {
  struct _aarch64_ctx *record = (struct _aarch64_ctx *)context->__reserved;
  while (record->magic != FPSIMD_MAGIC) {
    if (record->magic == 0) leave("runner: the signal frame has no FPSIMD record\n");
    record = (struct _aarch64_ctx *)((char *)record + record->size);
  }
  return (struct fpsimd_context *)record;
}

static void on_signal(int signal, siginfo_t *info, void *frame) {
  struct sigcontext *context = &((struct ucontext *)frame)->uc_mcontext;
  struct fpsimd_context *fp = fpsimd(context);
  (void)info;
  if (started) {
    struct response *r = &responses[current++];
    r->pc = context->pc;
    copy(r->x, context->regs, sizeof r->x);
    r->sp = context->sp;
    copy(r->v, fp->vregs, sizeof r->v);
    r->nzcv = context->pstate >> 28 & 15;
    r->fpcr = fp->fpcr;
    r->fpsr = fp->fpsr;
    r->signal = signal;
    r->fault_address = context->fault_address;
    copy(r->data, (void *)DATA_ADDRESS, DATA_BYTES);
  }
  started = 1;
  if (current == count) {
    write_all();
    leave(0);
  }
  const struct request *q = &requests[current];
  copy((void *)DATA_ADDRESS, q->data, DATA_BYTES);
  context->pc = q->pc;
  copy(context->regs, q->x, sizeof q->x);
  context->sp = q->sp;
  copy(fp->vregs, q->v, sizeof q->v);
  context->pstate = (context->pstate & ~(0xful << 28)) | (uint64_t)q->nzcv << 28;
  fp->fpcr = q->fpcr;
  fp->fpsr = q->fpsr;
  arm_timer();
}

static void place_code(void) {
  for (unsigned long i = 0; i < count; i++) {
    const struct request *q = &requests[i];
    uint32_t *code = (uint32_t *)q->pc;
    if (q->words > MAX_WORDS || q->pc < CODE_ADDRESS || q->pc % 4 ||
        q->pc + (MAX_WORDS + 1) * 4 > CODE_ADDRESS + CODE_BYTES)
      leave("runner: bad request\n");
    for (uint32_t w = 0; w < q->words; w++) code[w] = q->code[w];
    code[q->words] = BRK;
    for (uint32_t w = 0; w <= q->words; w++)
      __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" ::"r"(code + w) : "memory");
  }
  __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

static void run(void) {
  static const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV, SIGFPE, SIGALRM};
  stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  struct sigaction action = {.sa_handler = (__sighandler_t)(void *)on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  unsigned long bytes = 0;

  map(DATA_ADDRESS, DATA_BYTES, 3);
  map(CODE_ADDRESS, CODE_BYTES, 7);
  map(INPUT_ADDRESS, BUFFER_BYTES, 3);
  map(OUTPUT_ADDRESS, BUFFER_BYTES, 3);
  for (;;) {
    if (bytes == BUFFER_BYTES) leave("runner: too many requests\n");
    long n = system_call(__NR_read, 0, INPUT_ADDRESS + bytes, BUFFER_BYTES - bytes, 0, 0, 0);
    if (n < 0) leave("runner: cannot read\n");
    if (n == 0) break;
    bytes += n;
  }
  count = bytes / sizeof(struct request);
  if (bytes % sizeof(struct request) || count == 0) leave("runner: bad request length\n");
  if (count * sizeof(struct response) > BUFFER_BYTES) leave("runner: too many requests\n");
  place_code();
  system_call(__NR_sigaltstack, (long)&stack, 0, 0, 0, 0, 0);
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
    if (system_call(__NR_rt_sigaction, signals[i], (long)&action, 0, 8, 0, 0)) leave("runner: cannot set handler\n");
  __asm__ volatile("brk #0");
}

_Noreturn void _start(void) {
  run();
  leave("runner: a case returned\n");
}

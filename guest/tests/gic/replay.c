/*
 * Replays a list of register accesses and writes what each returned to the file "results.bin" through semihosting.
 * The list lies at SCRIPT (put there by QEMU's generic loader), in records of struct access, ended by kind END.
 * The same list played on the model must give the same results: test/gic/qemu-differential.test.ts.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define SCRIPT ((const struct access *)0x48000000UL)
#define RESULTS ((u64 *)0x50000000UL)

enum kind {
	END,
	READ8, WRITE8, READ32, WRITE32, READ64, WRITE64,	/* location: a physical address */
	READ_SYSTEM, WRITE_SYSTEM,	/* location: op0:op1:CRn:CRm:op2 as in bits 19:5 of MRS and MSR */
	DROP_TO_EL1,			/* from EL3; value: SCR_EL3 */
	DROP_FROM_EL2, RISE_TO_EL2,	/* to EL1 and back; value: HCR_EL2 */
};

struct access {
	u32 kind;
	u32 location;
	u64 value;
};

extern u32 thunk[];
void drop_to_el1(u64 scr);
void drop_from_el2(u64 hcr);
void rise_to_el2(void);

/* Executes MRS x0 or MSR x0; an exception gives 0xbad in the top 16 bits above ESR. */
static u64 system_access(u32 opcode, u64 value)
{
	thunk[0] = opcode;
	asm volatile("dsb sy\n\tic iallu\n\tdsb sy\n\tisb" ::: "memory");
	return ((u64 (*)(u64))thunk)(value);
}

static u64 perform(const struct access *access)
{
	u64 address = access->location;

	switch (access->kind) {
	case READ8:
		return *(volatile u8 *)address;
	case WRITE8:
		*(volatile u8 *)address = access->value;
		return 0;
	case READ32:
		return *(volatile u32 *)address;
	case WRITE32:
		*(volatile u32 *)address = access->value;
		return 0;
	case READ64:
		return *(volatile u64 *)address;
	case WRITE64:
		*(volatile u64 *)address = access->value;
		return 0;
	case READ_SYSTEM:
		return system_access(0xd5300000 | access->location << 5, 0);
	case WRITE_SYSTEM:
		{
			u64 result = system_access(0xd5100000 | access->location << 5, access->value);

			return result >> 48 == 0xbad ? result : 0;
		}
	case DROP_TO_EL1:
		drop_to_el1(access->value);
		return 0;
	case DROP_FROM_EL2:
		drop_from_el2(access->value);
		return 0;
	case RISE_TO_EL2:
		rise_to_el2();
		return 0;
	}
	return ~0UL;
}

static u64 semihosting(u64 operation, const void *parameters)
{
	register u64 x0 asm("x0") = operation;
	register const void *x1 asm("x1") = parameters;

	asm volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	return x0;
}

void replay(void)
{
	static const char name[] = "results.bin";
	u64 count = 0;

	for (const struct access *access = SCRIPT; access->kind != END; access++)
		RESULTS[count++] = perform(access);

	u64 open[] = { (u64)name, 5 /* "wb" */, sizeof(name) - 1 };
	u64 file = semihosting(0x01, open);
	u64 write[] = { file, (u64)RESULTS, count * sizeof(u64) };
	u64 failed = semihosting(0x05, write);
	u64 close[] = { file };
	failed |= semihosting(0x02, close);
	u64 exit[] = { 0x20026, failed ? 1 : 0 };
	semihosting(0x18, exit);
}

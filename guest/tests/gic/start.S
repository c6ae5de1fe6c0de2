// Entry at the highest exception level, a stack, vectors that report a synchronous exception as the result of the access
// that took it, and the thunks through which replay.c reaches system registers whose encoding it knows at run time only.

	.section .text.start, "ax"
	.global _start
_start:
	// Without firmware all PEs start here; only the first goes on.
	mrs	x0, mpidr_el1
	tst	x0, #0xff
	b.eq	0f
3:	wfe
	b	3b
0:	ldr	x1, =stack_top
	mov	sp, x1
	adr	x0, vectors1
	msr	vbar_el1, x0
	mrs	x2, CurrentEL
	cmp	x2, #(2 << 2)
	b.lo	1f
	b.eq	2f
	adr	x0, vectors3
	msr	vbar_el3, x0
	// With EL3, EL2 may be missing: leave it alone.
	b	1f
2:	adr	x0, vectors2
	msr	vbar_el2, x0
1:	isb
	bl	replay
	b	.

// void drop_to_el1(uint64_t scr): continues in the caller at EL1h with SCR_EL3 = scr.
	.global drop_to_el1
drop_to_el1:
	msr	scr_el3, x0
	mov	x0, #0x3c5		// DAIF masked, EL1h
	msr	spsr_el3, x0
	msr	elr_el3, x30
	mov	x0, sp
	msr	sp_el1, x0
	msr	sctlr_el1, xzr
	isb
	eret

// void drop_from_el2(uint64_t hcr): continues in the caller at EL1h with HCR_EL2 = hcr.
	.global drop_from_el2
drop_from_el2:
	msr	hcr_el2, x0
	mov	x0, #0x3c5
	msr	spsr_el2, x0
	msr	elr_el2, x30
	mov	x0, sp
	msr	sp_el1, x0
	msr	sctlr_el1, xzr
	isb
	eret

// void rise_to_el2(void): back at EL2h; the vectors know HVC.
	.global rise_to_el2
rise_to_el2:
	hvc	#0
	ret

// uint64_t run_thunk(uint64_t value): executes the instruction that replay.c put at `thunk`, on x0.
	.section .thunk, "awx"
	.global thunk
	.balign 64
thunk:
	nop
	isb
	ret

	.text
	.macro skip el
	mrs	x0, esr_el\el
	mov	x1, #0xbad
	orr	x0, x0, x1, lsl #48
	mrs	x1, elr_el\el
	add	x1, x1, #4
	msr	elr_el\el, x1
	eret
	.endm

	.macro vectors el
	.balign 0x800
vectors\el:
	.rept 16
	.balign 0x80
	b	handler\el
	.endr
	.endm

handler1:
	skip	1
handler2:
	mrs	x0, esr_el2
	lsr	x0, x0, #26
	cmp	x0, #0x16		// HVC
	b.ne	1f
	mov	x0, #0x3c9		// DAIF masked, EL2h
	msr	spsr_el2, x0
	mrs	x0, sp_el1
	mov	sp, x0
	eret
1:	skip	2
handler3:
	skip	3

	vectors 1
	vectors 2
	vectors 3

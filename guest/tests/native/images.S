/* The files of applications, for a program that loads them. */
    .section .rodata, "a"
    .balign 4096
    .global tee_image, tee_image_end, scheduler_image, scheduler_image_end
tee_image:
    .incbin TEE
tee_image_end:
    .balign 4096
scheduler_image:
    .incbin SCHEDULER
scheduler_image_end:

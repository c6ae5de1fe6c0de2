# Native applications: static ELF64 programs for the nanovisor, and the same sources as handlers inside it.
APPS := pl011 tee scheduler
APP_RUNTIME := $(BUILD)/apps/runtime.c.o $(BUILD)/apps/calls.c.o $(BUILD)/apps/start.S.o $(BUILD)/common/sha256.c.o $(BUILD)/common/string.c.o
APP_HEADERS := $(wildcard include/*.h apps/*.h) apps/rules.mk Makefile

.PHONY: apps
apps: $(APPS:%=$(BUILD)/apps/%.elf)
.SECONDARY: $(APP_RUNTIME)

$(BUILD)/apps/%.c.o: apps/%.c $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -DCONDUIT='"svc #0"' -c -o $@ $<
$(BUILD)/apps/%.S.o: apps/%.S $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/apps/%.elf: $(BUILD)/apps/%.c.o $(APP_RUNTIME)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/apps/tee.elf: $(BUILD)/apps/tee-faults.c.o
$(BUILD)/apps/handlers/%.c.o: apps/%.c $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -Dapp_handle=$*_handle -c -o $@ $<

# The guest that tests them (test/guest/applications.test.ts).
CLIENT_RUNTIME := $(BUILD)/baremetal/print.c.o $(BUILD)/common/format.c.o $(BUILD)/common/string.c.o $(BUILD)/tests/native/start.S.o
CLIENT := $(BUILD)/tests/native/client.c.o $(CLIENT_RUNTIME)
$(BUILD)/tests/native/start.S.o: tests/native/start.S $(BUILD)/apps/scheduler.elf $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -DSCHEDULER='"$(BUILD)/apps/scheduler.elf"' -c -o $@ $<
$(BUILD)/tests/native/client.image: $(CLIENT) tests/native/client.ld
	$(CC) $(LDFLAGS_BARE) -Wl,-T,tests/native/client.ld -o $(@:.image=.elf) $(CLIENT)
	$(CROSS)objcopy -O binary $(@:.image=.elf) $@
apps: $(BUILD)/tests/native/client.image

# A guest that does what it may not (test/guest/nanovisor.test.ts).
ROGUE := $(BUILD)/tests/native/rogue.c.o $(CLIENT_RUNTIME)
$(BUILD)/tests/native/rogue.image: $(ROGUE) tests/native/client.ld
	$(CC) $(LDFLAGS_BARE) -Wl,-T,tests/native/client.ld -o $(@:.image=.elf) $(ROGUE)
	$(CROSS)objcopy -O binary $(@:.image=.elf) $@
apps: $(BUILD)/tests/native/rogue.image

# The guest kernel's program that loads applications at run time.
$(BUILD)/tests/native/images.S.o: tests/native/images.S $(BUILD)/apps/tee.elf $(BUILD)/apps/scheduler.elf
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -DTEE='"$(BUILD)/apps/tee.elf"' -DSCHEDULER='"$(BUILD)/apps/scheduler.elf"' -c -o $@ $<
$(BUILD)/tests/native/manager.c.o: tests/native/manager.c $(KERNEL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<
$(BUILD)/tests/native/manager.elf: $(BUILD)/tests/native/manager.c.o $(BUILD)/tests/native/images.S.o $(USER_OBJECTS)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/tests/native/manager.bundle: $(BUILD)/tests/native/manager.elf
	../scripts/pack-bundle.js $@ program:manager=$<
apps: $(BUILD)/tests/native/manager.bundle

# Native applications: static ELF64 programs for the nanovisor, and the same sources as handlers inside it.
APPS := pl011 tee scheduler
APP_RUNTIME := $(BUILD)/apps/runtime.c.o $(BUILD)/apps/start.S.o $(BUILD)/common/sha256.c.o $(BUILD)/common/string.c.o
APP_HEADERS := $(wildcard include/*.h apps/*.h) apps/rules.mk Makefile

.PHONY: apps
apps: $(APPS:%=$(BUILD)/apps/%.elf)
.SECONDARY: $(APP_RUNTIME)

$(BUILD)/apps/%.c.o: apps/%.c $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -c -o $@ $<
$(BUILD)/apps/%.S.o: apps/%.S $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/apps/%.elf: $(BUILD)/apps/%.c.o $(APP_RUNTIME)
	$(CC) $(LDFLAGS_BARE) -Wl,-T,user/user.ld -Wl,--strip-all -o $@ $^
$(BUILD)/apps/tee.elf: $(BUILD)/apps/tee-faults.c.o
$(BUILD)/apps/handlers/%.c.o: apps/%.c $(APP_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(GENERAL) -Iapps -Dapp_handle=$*_handle -c -o $@ $<

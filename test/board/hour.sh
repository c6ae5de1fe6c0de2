#!/bin/busybox sh
# An hour: a little work each minute, and nothing between.
minute=0
while [ $minute -lt 60 ]; do
  sleep 60
  ls -lR /sys/class > /dev/null
  head -c 65536 /dev/zero | sha256sum > /tmp/sum
  minute=$((minute + 1))
done
echo "hour: over at $(cut -d. -f1 /proc/uptime) seconds"
echo "hour: kernel's warnings and worse"
dmesg -r | grep -E '^<[0-4]>'
exit 0

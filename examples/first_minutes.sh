# The command, from a one-liner to a mistake.
set -euo pipefail

echo 1x29x29-20C4-MP2-40C5-MP3-150N-10N | netspec analyze -
netspec analyze resnet18 --set classes=10
netspec explain alexnet conv1
netspec tree googlenet
netspec fmt '32c3p1,relu,mp2'
netspec analyze 1x28x28-20C5-MP2-50C5-MP2-120C5 || echo "exit status $?"

package Civic::Process;

# Starts programs for a test and ends exactly those: each by its pid, at END
# too, however the test ended.  Gives out free ports and temporary folders
# that nginx's workers can read.

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);
use Fcntl qw(LOCK_EX LOCK_NB);
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use File::Spec;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

# The root of the tree, two folders above t/lib/Civic.
use constant ROOT => abs_path(dirname(__FILE__) . '/../../..');

# How much longer than a quiet machine needs we wait for what must come: others
# use the machine, too, and sanitizers are slow.  Only what fails takes so long.
use constant PATIENCE => 3;

use constant FIRST_PORT => 23000;
use constant LAST_PORT  => 24999;

my %running;      # pid => name
my @folders;
my $owner = $$;

# A folder that every user may enter; removed at the end unless CIVIC_KEEP.
sub folder {
    my $dir = tempdir('civic-test-XXXXXX', TMPDIR => 1, CLEANUP => 0);

    chmod 0755, $dir;
    push @folders, $dir;
    return $dir;
}

# Each test process begins elsewhere in the range; one that has a port keeps it
# to its end, also while nobody listens there yet, or any more.
my $next = $$ * 61;
my @kept;

sub port {
    for (FIRST_PORT .. LAST_PORT) {
        my $port = FIRST_PORT + $next++ % (LAST_PORT - FIRST_PORT + 1);
        my $lock = _kept($port) or next;
        my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $port, Listen => 1, ReuseAddr => 1) or next;

        close $socket;
        push @kept, $lock;
        return $port;
    }
    croak 'no free port between ' . FIRST_PORT . ' and ' . LAST_PORT;
}

# Nobody else has it as long as this handle is open, which is not handed on to
# programs.
sub _kept {
    my ($port) = @_;
    my $folder = File::Spec->tmpdir . "/civic-test-ports-$>";

    mkdir $folder, 0700;
    open my $lock, '>>', "$folder/$port" or croak "$folder/$port: $!";
    return flock($lock, LOCK_EX | LOCK_NB) ? $lock : undef;
}

# Programs have sessions of their own, as services have: where the kernel deals
# out processors by session, what runs on what its own server leaves over (the
# hashing of passwords) does not stand behind all other test files.  A terminal
# does not reach them there; END ends them.
$SIG{$_} = \&_interrupted for qw(INT TERM HUP);

sub _interrupted { exit 130 }

# start(name => ..., command => [...], log => file, input => file,
#       env => {...}): the pid.
sub start {
    my (%arg) = @_;
    my $pid = fork;

    croak "fork: $!" if !defined $pid;
    if ($pid == 0) {
        POSIX::setsid();
        open STDIN,  '<',  $arg{input} || '/dev/null';
        open STDOUT, '>>', $arg{log} or die "$arg{log}: $!";
        open STDERR, '>&', \*STDOUT;
        $ENV{$_} = $arg{env}{$_} for keys %{ $arg{env} || {} };
        exec { $arg{command}[0] } @{ $arg{command} }
            or print "cannot run $arg{command}[0]: $!\n";
        POSIX::_exit(127);
    }
    $running{$pid} = $arg{name};
    return $pid;
}

# background(name, code): runs code in a process of its own; the pid.
sub background {
    my ($name, $code) = @_;
    my $pid = fork;

    croak "fork: $!" if !defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        eval { $code->(); 1 } or print STDERR "# $name: $@";
        POSIX::_exit($@ ? 1 : 0);
    }
    $running{$pid} = $name;
    return $pid;
}

sub alive {
    my ($pid) = @_;

    return 0 if !$running{$pid};
    return 1 if waitpid($pid, WNOHANG) == 0;
    delete $running{$pid};
    return 0;
}

# Asks with the signal, insists with KILL after the seconds; the wait status,
# or undef if it was gone before.
sub stop {
    my ($pid, $signal, $seconds) = @_;
    my $until = time + ($seconds || 10) * PATIENCE;

    return undef if !$running{$pid};
    kill $signal || 'TERM', $pid;
    while (waitpid($pid, WNOHANG) == 0) {
        if (time > $until) {
            warn "# $running{$pid} ($pid) did not end, killed\n";
            kill 'KILL', $pid;
            waitpid $pid, 0;
            last;
        }
        sleep 0.01;
    }
    my $status = $?;
    delete $running{$pid};
    return $status;
}

# An instant as China writes it.
sub china {
    my ($at) = @_;

    return POSIX::strftime('%Y-%m-%dT%H:%M:%S+08:00', gmtime($at + 28800));
}

# For what counts by China's days: waits where a midnight is nearer than so
# many seconds.
sub within_a_day {
    my ($seconds) = @_;
    my $left = 86400 - int(time + 28800) % 86400;

    sleep $left + 1 if $left < $seconds;
    return;
}

# Calls code until it is true; its value.  The seconds are those of a quiet
# machine: a bound that something promises is measured, not waited for.
sub wait_for {
    my ($what, $seconds, $code) = @_;
    my $until = time + $seconds * PATIENCE;

    while (1) {
        my $value = $code->();
        return $value if $value;
        croak 'waited ' . $seconds * PATIENCE . " s for $what"
            if time > $until;
        sleep 0.02;
    }
}

sub listening {
    my ($port) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
        Timeout => 1);
}

END {
    if ($$ == $owner) {
        my $status = $?;

        stop($_, 'TERM', 5) for sort { $b <=> $a } keys %running;
        if ($ENV{CIVIC_KEEP}) {
            print STDERR "# kept: $_\n" for @folders;
        } else {
            remove_tree(@folders, { error => \my $ignored });
        }
        $? = $status;
    }
}

1;

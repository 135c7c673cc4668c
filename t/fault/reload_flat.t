# Fifty reloads under light load: neither files, nor memory, nor connections
# to Redis, nor processes grow.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep);

my $civic = civic(form => 'single', people => 1,
    plugins => ['login', 'hello'], fixtures => ['fault']);
my $nginx = $civic->nginx;
my $master = $nginx->pid;
my $stop = $nginx->folder . '/stop';
my $lost = $nginx->folder . '/lost';

my $load = Civic::Process::background('light load', sub {
    until (-e $stop) {
        my @answers = ask_all($civic, [ 'GET', '/fault/trips/x' ],
            [ 'POST', '/fault/pair', { name => 'light', value => 'v' } ]);

        if (my @bad = grep { $_->{status} !~ /^20/ } @answers) {
            open my $file, '>>', $lost or die $!;
            print {$file} map { sprintf "%s: %s %s after %.2f s\n",
                @$_{qw(request status)}, $_->{json}{code} // "",
                $_->{seconds} } @bad;
            close $file;
        }
        sleep 0.02;
    }
});

# Connections of the module's user.
sub connections {
    my @lines = split /\n/, $civic->redis->command('CLIENT', 'LIST');

    return scalar grep { /\buser=civic\b/ } @lines;
}

sub held {
    my ($worker) = $nginx->workers;

    return {
        'files of the master' => fds($master),
        'KB of the master'    => rss($master),
        'files of a worker'   => fds($worker),
        'KB of a worker'      => rss($worker),
        'connections'         => connections(),
        'workers'             => scalar(() = $nginx->workers),
    };
}

sub rounds {
    for (1 .. $_[0]) {
        $nginx->reload;
        is((ask_all($civic, [ 'GET', '/fault/read/x' ]))[0]{status}, 200,
            "serves after reload $_");
    }
    wait_for('connections', 5, sub { connections() >= 1 });
    sleep 0.5;

    # the master closes its channel to a dead worker a moment later
    my $least = fds($master);
    for (1 .. 30) {
        sleep 0.1;
        last if fds($master) >= $least && $_ > 5;
        $least = fds($master) if fds($master) < $least;
    }
    return;
}

my $rounds = Civic::Nginx::asan() ? 15 : 40;
rounds(10);
my $early = held();
rounds($rounds);
my $late = held();

# Freed memory stays with the sanitizer for a while; it looks for leaks
# itself.
delete @$early{ grep { /^KB/ } keys %$early } if Civic::Nginx::asan();

for my $what (sort keys %$early) {
    my $room = $what =~ /^KB/ ? $early->{$what} * 0.1 + 2048
        : $what eq 'connections' || $what =~ /of a worker/ ? 4 : 1;

    cmp_ok($late->{$what}, '<=', $early->{$what} + $room,
        "$what: $early->{$what} after ten, $late->{$what} later");
}
is($late->{workers}, 1, 'one worker');

open my $flag, '>', $stop or die $!;
close $flag;
wait_for('the load to end', 10, sub { !Civic::Process::alive($load) });
ok(!-e $lost, 'nothing lost') or diag(`cat $lost`);
settled($civic, 'after them');
$nginx->stop;
is(connections(), 0, 'none is left when nginx has ended');

finish();

# A plugin's file that is replaced (installed by rename) is the new code
# after a reload, each time; until then, and when the new one is broken, the
# old code goes on.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use File::Copy qw(copy);

my $civic = civic(form => 'single', start => 0, plugins => ['hello'],
    fixtures => ['fault']);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $built = Civic::Nginx::build() . '/t/plugin/fixtures';
my $file = $nginx->plugins . '/replaced.so';

$nginx->allow(qr/\[emerg\].*replaced\.so/);

sub install {
    my ($which) = @_;

    copy("$built/$which.so", "$file.new") or die $!;
    rename "$file.new", $file or die $!;
    return;
}

sub version { return $client->get('/replaced/version')->{json}{version} }

install('replaced_one');
$nginx->write_conf(plugins => [ 'hello', 'fault', 'replaced' ]);
$nginx->start;
is(version(), '1', 'the first');

for my $round (1 .. 4) {
    my ($old, $new) = $round % 2 ? (1, 2) : (2, 1);

    install($new == 2 ? 'replaced_two' : 'replaced_one');
    is(version(), $old, "round $round: the old code until the reload");
    $nginx->reload;
    is(version(), $new, "round $round: the new code after it");
}
is(version(), '1', 'the first again');

# The same bytes again: nothing changes.
install('replaced_one');
$nginx->reload;
is(version(), '1', 'the same code again');

# A broken one is refused, and what runs does not notice.
open my $broken, '>', "$file.new" or die $!;
print {$broken} 'no plugin';
close $broken;
rename "$file.new", $file or die $!;
$nginx->log_mark;
$nginx->signal('HUP');
ok($nginx->log_has(qr/\[emerg\].*replaced\.so/), 'a broken one is refused');
is(version(), '1', 'the old code goes on');
unlink $file;
is(version(), '1', 'also when the file is gone');
install('replaced_two');
$nginx->reload;
is(version(), '2', 'and the next good one is taken');

# A worker that dies meanwhile comes back with the code of its cycle.
install('replaced_one');
my ($worker) = $nginx->workers;
$nginx->allow(qr/\Q$worker\E exited on signal 9/);
kill 'KILL', $worker;
wait_for('another worker', 10, sub {
    my @now = $nginx->workers;
    return @now && $now[0] != $worker;
});
is(version(), '2', 'a new worker of the old cycle has the old code');
$nginx->reload;
is(version(), '1', 'and the reload the new');
serves($civic, 'after it all');

finish();

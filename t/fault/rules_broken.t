# A rule file that is broken never takes the service down: a running worker
# keeps the revision that it has, nginx -t and a reload name file and line, a
# cold start falls back to the last good revision if civic_state kept one,
# and says why if not.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $civic = civic(form => 'single', start => 0, plugins => ['hello'],
    fixtures => ['fault']);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $rules = $nginx->rules . '/hello.lua';
my $state = $nginx->folder . '/state';
my $copy = "$state/rules-hello.kept";
my $good = text_of($rules);

$nginx->allow(qr/\[emerg\].*hello\.lua/);

sub text_of {
    my ($path) = @_;

    open my $file, '<:raw', $path or return undef;
    local $/;
    return <$file>;
}

sub put_rules {
    my ($text) = @_;

    open my $file, '>:raw', "$rules.new" or die $!;
    print {$file} $text;
    close $file;
    rename "$rules.new", $rules or die $!;
    return;
}

sub mode_of { return sprintf '%04o', (stat $_[0])[2] & 07777 }

sub greets { return $client->get('/hello/greeting')->{status} }

# The worker's revision and its complaint.
sub known {
    my ($row) = grep { $_->{name} eq 'hello' }
        @{ $client->get('/civic/status')->{json}{workers}[0]{rules} };

    return ($row->{revision}, $row->{failure} // '');
}

my %broken = (
    'a syntax error'     => [ "local rules = {}\n\nfunction rules.(\n",
        qr/hello\.lua:3\b/ ],
    'no table'           => [ "return 5\n", qr/hello\.lua/ ],
    'a missing function' => [ "return { examples = {} }\n",
        qr/hello\.lua.*(?:greeting|visits)/ ],
    'an example that fails' => [ $good =~ s/"Good morning" \},/"Good night" },/r,
        qr/hello\.lua.*example/ ],
    'an endless loop'    => [ "while true do end\n", qr/hello\.lua/ ],
    'a forbidden library' => [ "os.execute('true')\n$good",
        qr/hello\.lua:1\b/ ],
    'nothing at all'     => [ '', qr/hello\.lua/ ],
    'half of it'         => [ substr($good, 0, length($good) / 2),
        qr/hello\.lua/ ],
);

sub refused_by_check {
    my ($name, $said_as) = @_;
    my ($ok, $said) = $nginx->check;

    ok(!$ok, "nginx -t refuses $name");
    like($said, $said_as, "$name: file and line, or what is missing");
    return;
}

# Without anything to fall back to.
for my $name (sort keys %broken) {
    put_rules($broken{$name}[0]);
    refused_by_check($name, $broken{$name}[1]);
}
unlink $rules;
refused_by_check('no file', qr/hello\.lua.*No such file/);
ok(!eval { $nginx->start(refused => 1); 1 }, 'no cold start without rules');
like($@, qr/hello\.lua.*No such file/, 'by name');

# Good, with a folder for the last good revision.
mkdir $state;
put_rules($good);
$nginx->write_conf(http => "civic_state $state;");
my $umask = umask 0;            # as a daemon has it
$nginx->start;
umask $umask;
is(greets(), 200, 'good rules');
my ($revision) = known();
like(text_of($copy), qr/^civic-rules 1 \Q$revision\E 1\nhello\.lua \d+\n\Q$good\E\n\z/,
    'the good revision is kept');
is(mode_of($copy), '0644', 'and nobody else writes to it');
my $whole = text_of($copy);

# While it runs: seen within seconds, refused, told, and put right.
for my $name ('a syntax error', 'an example that fails', 'half of it') {
    $nginx->log_mark;
    put_rules($broken{$name}[0]);
    ok($nginx->log_has(qr/\[error\].*hello\.lua.*revision \Q$revision\E stays/),
        "$name: the log says what stays");
    is(greets(), 200, "$name: the old revision answers");
    ok(eval { wait_for('the status page', 5, sub { (known())[1] }) },
        "$name: the status page says why");
    is((known())[0], $revision, "$name: and which stays");
}
my ($ok, $said) = $nginx->check;
like($said, qr/hello\.lua.*a reload is refused/, 'nginx -t names it too');

# A reload with it is refused: the same workers, the same revision.
put_rules($broken{'a syntax error'}[0]);
my @workers = $nginx->workers;
$nginx->log_mark;
$nginx->signal('HUP');
ok($nginx->log_has(qr/\[emerg\].*hello\.lua:3\b/), 'a reload says line 3');
is_deeply([ $nginx->workers ], \@workers, 'and does not happen');
is(greets(), 200, 'the old one goes on');

# A cold start: the kept revision, and the reason in the log and the status.
$nginx->stop;
$nginx->log_mark;
$nginx->start;
ok($nginx->log_has(
    qr/\[warn\].*hello\.lua:3\b.*last good revision \Q$revision\E/),
    'a cold start says what it uses instead');
is(greets(), 200, 'the kept revision answers');
is((known())[0], $revision, 'and is named');
like((known())[1], qr/hello\.lua:3/, 'with the reason');
is(text_of($copy), $whole, 'it is not overwritten');

# Put right, without a reload; a new revision comes in the same way.
my $other = $good . "\n-- another revision\n";
put_rules($other);
ok(eval { wait_for('the new revision', 6,
    sub { my ($now, $failure) = known();
        return $now ne $revision && $failure eq '' }) },
    'the file put right is in use');
serves($civic, 'with the new revision');

# The file and the kept revision are both broken: nothing to start from.
$nginx->stop;
put_rules($broken{'half of it'}[0]);
open my $kept, '>', $copy or die $!;
print {$kept} "civic-rules 1 $revision 1\nhello.lua 17\nreturn nonsense(\n\n";
close $kept;
ok(!eval { $nginx->start(refused => 1); 1 },
    'no cold start with both broken');
like($@, qr{\Q$rules\E}, 'the file is named');

# What stands in the way of the copy while it is written: a link to a file
# of somebody's, which is not written through.
my $victim = $nginx->folder . '/victim';
open my $file, '>', $victim or die $!;
print {$file} 'precious';
close $file;
symlink $victim, "$copy.part" or die $!;
put_rules($good);
$nginx->start;
is(text_of($copy), $whole, 'a good one is kept again');
is(text_of($victim), 'precious', 'beside a link that stood in its way');
ok(!-l $copy, 'and it is no link');

# A kept revision that somebody else could have written is nobody's.
sub not_from_kept {
    my ($name) = @_;

    $nginx->log_mark;
    ok(!eval { $nginx->start(refused => 1); 1 }, "$name: no cold start");
    ok($nginx->log_has(
        qr/\[warn\].*rules-hello\.kept" is not used: others/),
        "$name: and why");
    return;
}

$nginx->stop;
put_rules($broken{'a syntax error'}[0]);
chmod 0666, $copy;
not_from_kept('writable by all');
chmod 0664, $copy;
not_from_kept('writable by a group');
chmod 0644, $copy;
chmod 0777, $state;
not_from_kept('in a folder writable by all');
chmod 0755, $state;
rename $copy, "$copy.real" or die $!;
symlink "$copy.real", $copy or die $!;
not_from_kept('a link');
rename "$copy.real", $copy or die $!;
if ($> == 0) {
    my ($uid) = (getpwnam 'www-data')[2];

    chown $uid, -1, $copy;
    not_from_kept(q{the workers'});
    chown 0, -1, $copy;
}
$nginx->start;
is(greets(), 200, 'put right, it is used');
put_rules($good);
$nginx->reload;
serves($civic, 'after it all');

finish();
